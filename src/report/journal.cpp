#include "report/journal.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>
#include <zlib.h>

#include <thalweg/error.h>

#include "data/files.h"

namespace thalweg::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using namespace workbench;

Json scores_json(const std::optional<models::Scores>& scores) {
  return scores ? Json{scores->loss, scores->metric} : Json();
}

std::optional<models::Scores> read_scores(const Json& json) {
  if (json.is_null()) return {};
  return models::Scores{json.at(0).get<double>(), json.at(1).get<double>()};
}

Json run_json(const Run& run) {
  Json curve = Json::array();
  for (const CurvePoint& p : run.curve)
    curve.push_back({p.epoch, p.train_loss, p.validation.loss, p.validation.metric, p.seconds});
  Json json{{"start", scores_json(run.start)},
            {"validation", run.result ? scores_json(run.result->validation) : Json()},
            {"test", run.result ? scores_json(run.result->test) : Json()},
            {"diverged", run.divergence ? Json{run.divergence->step, run.divergence->what} : Json()},
            {"seconds", run.seconds},
            {"curve", curve}};
  return json;
}

Run read_run(const Json& json) {
  Run run;
  run.start = read_scores(json.at("start"));
  if (const auto validation = read_scores(json.at("validation")))
    run.result = Run::Result{*validation, read_scores(json.at("test"))};
  if (const Json& diverged = json.at("diverged"); !diverged.is_null())
    run.divergence = Divergence{diverged.at(0).get<std::uint64_t>(), diverged.at(1).get<std::string>()};
  run.seconds = json.at("seconds").get<double>();
  for (const Json& p : json.at("curve")) {
    run.curve.push_back({p.at(0).get<std::size_t>(),
                         p.at(1).get<double>(),
                         {p.at(2).get<double>(), p.at(3).get<double>()},
                         p.at(4).get<double>()});
  }
  return run;
}

std::string header_line(const std::string& experiment) {
  const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(experiment.data()), experiment.size());
  return Json{{"journal", 1},
              {"version", THALWEG_VERSION},
              {"checksum", fmt::format("{:08x}", sum)},
              {"experiment", experiment}}
      .dump();
}

/// The first line in which two experiments differ, for people.
std::string first_difference(const std::string& there, const std::string& here) {
  std::istringstream old_text(there), new_text(here);
  for (std::string a, b;;) {
    const bool more_old = static_cast<bool>(std::getline(old_text, a));
    const bool more_new = static_cast<bool>(std::getline(new_text, b));
    if (!more_old && !more_new) return "";
    if (!more_old) a.clear();
    if (!more_new) b.clear();
    if (a != b) return fmt::format("'{}' there is '{}' here", a, b);
  }
}

[[noreturn]] void refuse(const std::string& path, const std::string& found) {
  throw input_error(path, found, "the experiment that is to go on; without --resume it starts anew");
}

}  // namespace

Journal::Journal(const std::string& folder, const std::string& experiment, bool resume)
    : path_((fs::path(folder) / "journal.jsonl").string()) {
  const std::string header = header_line(experiment);
  std::string kept;
  if (fs::exists(path_)) {
    // What follows the last line end is a line that was being written when the process ended.
    kept = data::read_file(path_);
    kept.resize(kept.find_last_of('\n') + 1);
    const std::size_t bytes = read(kept, header, resume);
    const bool finished = bytes < kept.size();
    kept.resize(bytes);
    if (!resume) {
      put_aside_ = finished ? 0 : runs_.size();
      runs_.clear();
      kept.clear();
      if (put_aside_ > 0) fs::rename(path_, path_ + "~");
    }
  }
  // The old lines are written whole or not at all, then new ones are appended.
  data::write_file(path_, kept.empty() ? header + "\n" : kept);
  file_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file_ < 0) throw input_error(path_, std::strerror(errno), "a file that can be written");
}

Journal::~Journal() {
  if (file_ >= 0) ::close(file_);
}

/// Reads the lines up to the one that says that it is finished, and returns how many bytes they have.
std::size_t Journal::read(const std::string& text, const std::string& header, bool check) {
  std::istringstream lines(text);
  std::size_t bytes = 0, number = 0;
  for (std::string line; std::getline(lines, line); bytes += line.size() + 1) {
    const std::string where = path_ + ":" + std::to_string(++number);
    try {
      const Json json = Json::parse(line);
      if (number == 1) {
        if (!check || line == header) continue;
        const Json mine = Json::parse(header);
        const auto versions = [](const Json& j) { return j.at("version").get<std::string>(); };
        if (versions(json) != versions(mine))
          refuse(path_, "runs of version " + versions(json) + ", this is " + versions(mine));
        refuse(path_,
               "runs of another experiment: " + first_difference(json.at("experiment").get<std::string>(),
                                                                 mine.at("experiment").get<std::string>()));
      }
      if (json.contains("finished")) break;
      runs_[{json.at("workload").get<std::string>(), json.at("spec").get<std::string>(),
             json.at("seed").get<std::uint64_t>(), json.at("epochs").get<std::size_t>()}] =
          read_run(json.at("run"));
    } catch (const Json::exception&) {
      if (!check) return bytes;
      throw input_error(where, "a line that is no finished run",
                        "what thalweg wrote; without --resume it starts anew");
    }
  }
  return bytes;
}

std::optional<Run> Journal::find(const std::string& workload, const RunRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find({workload, request.spec, request.seed, request.epochs});
  if (found == runs_.end()) return {};
  return found->second;
}

void Journal::add(const std::string& workload, const RunRequest& request, const Run& run) {
  const std::string line = Json{
      {"workload", workload},
      {"spec", request.spec},
      {"seed", request.seed},
      {"epochs", request.epochs},
      {"run", run_json(run)}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::lock_guard lock(mutex_);
  append(line);
  ++added_;
}

void Journal::finish() {
  const std::lock_guard lock(mutex_);
  append(R"({"finished":true})");
}

std::size_t Journal::size() const {
  const std::lock_guard lock(mutex_);
  return runs_.size() + added_;
}

void Journal::append(const std::string& line) {
  const std::string text = line + "\n";
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(file_, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw input_error(path_, std::strerror(errno), "a file that can be written");
    done += static_cast<std::size_t>(count);
  }
}

}  // namespace thalweg::report
