#include "cli/streaming_options.h"

#include <algorithm>
#include <initializer_list>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/training_options.h"

namespace thalweg::cli {
namespace {

struct Refusal {
  const char *option, *why;
};

void refuse(const Arguments& arguments, std::initializer_list<Refusal> refusals) {
  for (const auto& [option, why] : refusals) {
    if (arguments.given(option))
      throw Error(Error::Kind::usage, option, "given", why, std::string(option) + " " + why);
  }
}

constexpr const char* labels_first = "is for other files: LIBSVM lines begin with the label";
constexpr const char* follows_from_model = "follows from the model, where data are streamed";
constexpr const char* has_no_part = "needs a validation part, which a stream does not have";
constexpr const char* in_float = "cannot be chosen for a stream, which is learned from in float32";

/// What neither --online nor --stream has.
void refuse_for_streams(const Arguments& arguments) {
  refuse(arguments,
         {{"--target", has_no_part},
          {"--patience", has_no_part},
          {"--validation", "splits data in memory; a stream has --test or its progressive loss"},
          {"--test-fraction", "splits data in memory; a stream has --test or its progressive loss"},
          {"--label", labels_first},
          {"--test-label", labels_first},
          {"--task", follows_from_model},
          {"--parameters", in_float},
          {"--state", in_float},
          {"--master", in_float},
          {"--rounding", in_float},
          {"--loss-scale", in_float},
          {"--diagnose", "looks at data in memory, not at a stream"},
          {"--lang", "is for what --diagnose says"}});
}

}  // namespace

void StreamingOptions::declare(Arguments& a) {
  a.group("Streams of data (docs/streaming.md)");
  a.flag("--stream", stream, "read a LIBSVM file anew in each epoch instead of holding it in memory");
  a.flag("--online", online,
         "learn from LIBSVM lines as they come, once, one a step unless --batch says more; --data - is "
         "standard input");
  a.flag("--follow", follow, "online: at the end of the file wait for what is appended, until Ctrl-C");
  a.text("--from", "FILE", from,
         "online: go on from the weights of a model, its classes and hashing; the optimizer begins anew");
  a.count("--window", window, at_least(1), "online: examples of the last scores");
  a.count("--shuffle-buffer", shuffle_buffer, at_least(0),
          "stream: rows that are held and mixed; 0: the order is the file's");
  a.text("--classes", "A,B,...", classes,
         "online: the classes, where the order in which they come will not do");
  a.count("--columns", columns, in_closed(0, 0x1p31),
          "features that there are, a larger index is an error; 0: as many as come");
  a.count("--hash", hash_bits, in_closed(0, 31),
          "features are words, hashed into 2^N columns; 0: they are not");
  a.flag("--hash-numbers", hash_numbers, "words that are whole numbers are hashed as well");
}

void StreamingOptions::check(const Arguments& arguments) const {
  if (online && stream)
    throw Error(Error::Kind::usage, "--online", "given", "must not be given with --stream",
                "--online and --stream exclude each other: once as it comes, or in epochs");
  if (!online) {
    constexpr const char* needs = "needs --online";
    refuse(arguments, {{"--follow", needs}, {"--window", needs}, {"--classes", needs}, {"--from", needs}});
  }
  if (!from.empty()) {
    constexpr const char* known = "is known from the model of --from";
    refuse(arguments, {{"--classes", known}, {"--hash", known}, {"--hash-numbers", known}});
  }
  if (!stream) refuse(arguments, {{"--shuffle-buffer", "needs --stream"}});
  if (hash_numbers && hash_bits == 0) refuse(arguments, {{"--hash-numbers", "needs --hash"}});
  if (!online && !stream) {
    constexpr const char* needs = "needs --online or --stream";
    refuse(arguments, {{"--columns", needs}, {"--hash", needs}});
    return;
  }
  refuse_for_streams(arguments);
  if (online) {
    refuse(arguments,
           {{"--epochs", "needs data that can be read again: --stream instead of --online"},
            {"--cooldown", "needs an end that is known, which a stream has not; --schedule is there"},
            {"--test", "is for --stream; online, every example is a test before it is learned from"}});
  }
  const std::string mode = online ? "--online" : "--stream";
  for (const char* const option : {"--data", "--model"}) {
    if (!arguments.given(option))
      throw Error(Error::Kind::usage, option, "missing", "is needed with " + mode,
                  std::string(option) + " is needed with " + mode +
                      (option[2] == 'd' ? (online ? ": FILE, or - for standard input" : ": a LIBSVM file")
                                        : ": linear, logistic or softmax"));
  }
  if (columns > 0 && hash_bits > 0)
    throw usage_error("--columns", std::to_string(columns),
                      "must be left out with --hash, which has 2^N of them");
}

data::StreamOptions StreamingOptions::source() const {
  data::StreamOptions options;
  options.columns = columns;
  if (hash_bits > 0) {
    options.hashing.emplace();
    options.hashing->bits = static_cast<unsigned>(hash_bits);
    options.hashing->numbers_too = hash_numbers;
  }
  options.source.follow = follow;
  for (std::size_t begin = 0; !classes.empty() && begin <= classes.size();) {
    const std::size_t end = std::min(classes.find(',', begin), classes.size());
    options.classes.push_back(classes.substr(begin, end - begin));
    begin = end + 1;
  }
  return options;
}

workbench::OnlineOptions online_options(const TrainingOptions& training, const Shared& shared) {
  if (training.step.plateau())
    throw usage_error("--schedule", "plateau", "watches a validation loss, which a stream does not have");
  workbench::OnlineOptions options;
  options.optimizer = training.step.rule();
  options.schedules = training.step.made_schedules();
  options.transforms = training.step.made_transforms(shared.seed);
  options.isa = shared.isa;
  options.non_finite = training.non_finite_policy();
  options.skipped = training.skipped_steps();
  return options;
}

}  // namespace thalweg::cli
