#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "messages/messages.h"
#include "workbench/lr_find.h"

namespace thalweg::report {

/// What a range test was made of, for those who read of it.
struct RateTestSubject {
  std::string data, model, optimizer;  ///< specifications; the optimizer's with the rate that is suggested
  std::size_t batch = 0;
  std::uint64_t planned_steps = 0;  ///< of the training that it is for
  std::string command;              ///< that repeats the test
  std::string train;                ///< the command that trains with the suggestion; empty without one
};

/// The test as one JSON object: {"schema_version", "kind": "lr_find", "suggestion", "mean", "runs", ...}. A
/// curve is {"rates", "losses", "smoothed"}.
[[nodiscard]] std::string lr_find_json(const workbench::RateTest& test, const RateTestSubject& subject);

/// One self-contained page that shows what lr_find_json() wrote.
[[nodiscard]] std::string lr_find_page(const std::string& json, messages::Language language);

/// What was found: the suggestion first, then why, how sure it is, and how the test ended.
[[nodiscard]] std::vector<std::string> lr_find_sentences(const workbench::RateTest& test,
                                                         const RateTestSubject& subject,
                                                         messages::Language language);

}  // namespace thalweg::report
