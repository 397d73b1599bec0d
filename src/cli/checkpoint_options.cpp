#include "cli/checkpoint_options.h"

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include <thalweg/error.h>

#include "cli/arguments.h"
#include "cli/interruption.h"

namespace thalweg::cli {

void CheckpointOptions::declare(Arguments& a) {
  a.group("Interruptions");
  a.text(
      "--checkpoint", "FOLDER", folder,
      "write checkpoints, from which --resume goes on with the same bits; also at the end, and when Ctrl-C "
      "or SIGTERM ends the training");
  a.text("--every", "N(steps|epochs|s|min|h)", every, "how often: 500steps, 5min, 1epoch (online: 1min)");
  a.count("--keep", keep, at_least(1), "how many of the newest stay");
  a.text(
      "--resume", "FOLDER", resume,
      "go on from the newest checkpoint that is whole, and write there if --checkpoint says no other; with "
      "the same --checkpoint, begin anew where there is none");
}

void CheckpointOptions::check(const Arguments& arguments, bool online) {
  for (const char* const option : {"--every", "--keep"}) {
    if (arguments.given(option) && !given())
      throw Error(Error::Kind::usage, option, "given", "needs --checkpoint or --resume",
                  std::string(option) + " needs --checkpoint or --resume");
  }
  if (online && !arguments.given("--every")) every = "1min";
  if (workbench::parse_every(every).epochs > 0 && online)
    throw usage_error("--every", every, "must be steps or a time: a stream has no epochs");
}

workbench::TrainCheckpoints::Options CheckpointOptions::options() const {
  workbench::TrainCheckpoints::Options options;
  options.folder = folder.empty() ? resume : folder;
  options.every = workbench::parse_every(every);
  options.keep = keep;
  if (!resume.empty()) {
    std::error_code error;
    const bool same =
        !folder.empty() && (folder == resume || std::filesystem::equivalent(folder, resume, error));
    options.resume = same ? folder : resume;
    options.may_begin = same;
  }
  options.is_interrupted = Interruption::was_noted;
  return options;
}

void CheckpointOptions::print_start(const workbench::TrainCheckpoints& checkpoints,
                                    const std::string& after) const {
  for (const auto& skipped : checkpoints.skipped())
    fmt::print(stderr, "thalweg: skipped a checkpoint: {}\n", skipped.why);
  if (checkpoints.resumed() != nullptr)
    fmt::print(stderr, "going on from {}, after {}\n", checkpoints.resumed()->path(),
               after.empty() ? fmt::format("{} steps", checkpoints.resumed()->steps()) : after);
  else if (!resume.empty())
    fmt::print(stderr, "no checkpoint in {}: beginning anew\n", resume);
}

nlohmann::ordered_json CheckpointOptions::json(const workbench::TrainCheckpoints& checkpoints) {
  using Json = nlohmann::ordered_json;
  Json skipped = Json::array();
  for (const auto& one : checkpoints.skipped()) skipped.push_back({{"file", one.path}, {"why", one.why}});
  const Checkpoint* const from = checkpoints.resumed();
  return {{"resumed_from", from != nullptr ? Json(from->path()) : Json()},
          {"resumed_steps", from != nullptr ? Json(from->steps()) : Json()},
          {"skipped", skipped},
          {"last", checkpoints.last().empty() ? Json() : Json(checkpoints.last())}};
}

void CheckpointOptions::end(const Session& session, const workbench::TrainingInterrupted& interrupted,
                            const std::string& folder) {
  if (!session.options.quiet)
    fmt::print(
        stderr,
        "thalweg: interrupted after {} steps; {} is written: the same command with --resume {} goes on\n",
        interrupted.steps, interrupted.path, folder);
  Interruption::end();
}

}  // namespace thalweg::cli
