#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "core/golden.h"
#include "data/npy.h"
#include "program.h"

namespace thalweg::test::replay_test {
namespace {

using data::NpyArray;
using ::testing::HasSubstr;

/// The optimizers of the recorded cases that `thalweg list` does not have are not written yet.
std::set<std::string> known_optimizers() {
  std::set<std::string> names;
  const auto json = json_of(thalweg({"list", "optimizers", "--json"}));
  for (const auto& entry : json.at("optimizers")) names.insert(entry.at("name").get<std::string>());
  return names;
}

TEST(Replay, ReproducesEveryRecordedTrajectory) {
  const data::TemporaryFolder folder;
  const std::string golden = golden_folder().string(), output = folder.path() + "/theta.npy";
  const std::set<std::string> known = known_optimizers();
  std::size_t replayed = 0;
  for (const GoldenCase& c : golden_cases()) {
    if (known.count(c.optimizer) == 0) continue;
    ++replayed;
    const Output run = thalweg({"replay", "--optimizer", c.specification, "--start", golden + "/theta0.npy",
                                "--gradients", golden + "/gradients.npy", "--output", output});
    ASSERT_EQ(run.code, 0) << c.name << run.err;
    const Table path = read_npy(output);
    ASSERT_EQ(path.size(), c.theta.size()) << c.name;
    for (std::size_t t = 0; t < path.size(); ++t) {
      ASSERT_EQ(path[t].size(), c.theta[t].size()) << c.name;
      for (std::size_t i = 0; i < path[t].size(); ++i) {
        const double expected = c.theta[t][i];
        ASSERT_NEAR(path[t][i], expected, 1e-12 * std::max(1.0, std::abs(expected)))
            << c.name << " step " << t + 1;
      }
    }
  }
  EXPECT_GE(replayed, 27U);
}

/// Files to replay, and the words that do it.
class ReplayFiles : public ::testing::Test {
 protected:
  template <class T>
  void write(const std::string& name, std::vector<std::size_t> shape, std::vector<T> values) {
    data::write_npy(at(name), NpyArray{std::move(shape), std::move(values)});
  }
  std::string at(const std::string& name) const { return folder_.path() + "/" + name; }
  Output replay(const std::string& optimizer, const Words& more = {}) const {
    Words words{"replay",      "--optimizer", optimizer,  "--start",    at("start.npy"),
                "--gradients", at("g.npy"),   "--output", at("out.npy")};
    words.insert(words.end(), more.begin(), more.end());
    return thalweg(words);
  }
  bool has_output() const { return std::filesystem::exists(at("out.npy")); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

  data::TemporaryFolder folder_;
};

TEST_F(ReplayFiles, KeepsFloat) {
  write<float>("start.npy", {2}, {1, 2});
  write<float>("g.npy", {2, 2}, {1, 1, 2, -2});
  const Output run = replay("sgd:lr=0.5");
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.out, "sgd:lr=0.5: 2 steps of 2 parameters in float32, written to " + at("out.npy") + "\n");
  const NpyArray out = data::read_npy(at("out.npy"));
  EXPECT_EQ(out.shape, (std::vector<std::size_t>{2, 2}));
  ASSERT_FALSE(out.is_double());
  EXPECT_EQ(std::get<std::vector<float>>(out.values), (std::vector<float>{0.5F, 1.5F, -0.5F, 2.5F}));
}

TEST_F(ReplayFiles, TakesGradientsOfALookAheadRuleAsTheyAre) {
  write<double>("start.npy", {1}, {6});
  write<double>("g.npy", {2, 1}, {12, 8});
  EXPECT_EQ(replay("nesterov:lr=0.25,momentum=0.5").code, 0);
  // v = 3, theta = 3; v = 1.5 + 2 = 3.5, theta = -0.5.
  EXPECT_EQ(std::get<std::vector<double>>(data::read_npy(at("out.npy")).values),
            (std::vector<double>{3, -0.5}));
}

TEST_F(ReplayFiles, AppliesTransformsAndSchedulesInOrder) {
  write<double>("start.npy", {1}, {0});
  write<double>("g.npy", {3, 1}, {8, 8, 8});
  const Output run = replay("sgd:lr=1", {"--transform", "clip_value:max=4", "--transform", "clip_norm:max=2",
                                         "--schedule", "lr=linear:steps=2 | constant:value=0.25", "--json"});
  EXPECT_EQ(std::get<std::vector<double>>(data::read_npy(at("out.npy")).values),
            (std::vector<double>{-2, -3, -3.5}));
  const auto json = json_of(run);
  EXPECT_EQ(json.at("steps"), 3);
  EXPECT_EQ(json.at("parameters"), 1);
  EXPECT_EQ(json.at("dtype"), "float64");
  EXPECT_TRUE(json.at("diverged_at").is_null());
}

TEST_F(ReplayFiles, SaysAtWhichStepItDiverged) {
  write<double>("start.npy", {2}, {0, 0});
  write<double>("g.npy", {3, 2}, {1, 1, 1, INFINITY, 1, 1});
  const Output run = replay("sgd");
  EXPECT_EQ(run.code, 1);
  EXPECT_EQ(run.err, "thalweg: diverged: after step 2 parameter 1 is not finite\n");
  EXPECT_TRUE(has_output());
}

TEST_F(ReplayFiles, AcceptsNothingToDo) {
  write<float>("start.npy", {2}, {1, 2});
  write<float>("g.npy", {0, 2}, {});
  EXPECT_EQ(replay("adam").code, 0);
  EXPECT_EQ(data::read_npy(at("out.npy")).shape, (std::vector<std::size_t>{0, 2}));
}

TEST_F(ReplayFiles, RefusesFilesThatDoNotFit) {
  const auto refused = [&](const std::string& message) {
    const Output run = replay("sgd");
    EXPECT_EQ(run.code, 3);
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_FALSE(has_output());
  };
  refused("start.npy");
  write<double>("start.npy", {2}, {1, 2});
  refused("g.npy");
  write<float>("g.npy", {1, 2}, {1, 1});
  refused("g.npy: found float32; expected float64");
  write<double>("g.npy", {1, 3}, {1, 1, 1});
  refused("g.npy: found the shape (1, 3); expected (T, 2)");
  write<double>("g.npy", {2}, {1, 1});
  refused("g.npy: found the shape (2,); expected (T, 2)");
  write<double>("start.npy", {1, 2}, {1, 2});
  refused("start.npy: found the shape (1, 2); expected one dimension");
}

TEST_F(ReplayFiles, RefusesATruncatedFile) {
  write<double>("start.npy", {2}, {1, 2});
  write<double>("g.npy", {3, 2}, {1, 1, 1, 1, 1, 1});
  const std::string whole = file_text(at("g.npy"));
  for (const std::size_t size :
       {whole.size() - 1, whole.size() - 16, std::size_t{100}, std::size_t{5}, std::size_t{0}}) {
    folder_.file("g.npy", whole.substr(0, size));
    const Output run = replay("sgd");
    EXPECT_EQ(run.code, 3) << size;
    EXPECT_THAT(run.err, HasSubstr("g.npy")) << size;
    EXPECT_FALSE(has_output()) << size;
  }
}

TEST_F(ReplayFiles, LeavesNoFileWhereItCannotWrite) {
  write<double>("start.npy", {2}, {1, 2});
  write<double>("g.npy", {1, 2}, {1, 1});
  const Output run = thalweg({"replay", "--optimizer", "sgd", "--start", at("start.npy"), "--gradients",
                              at("g.npy"), "--output", at("missing/out.npy")});
  EXPECT_EQ(run.code, 3);
  EXPECT_THAT(run.err, HasSubstr("missing"));
  EXPECT_EQ(files(), 2U);
}

TEST_F(ReplayFiles, RefusesAPlateau) {
  const Output run = replay("sgd", {"--schedule", "lr=plateau"});
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr("plateau: follows a metric"));
}

TEST_F(ReplayFiles, IsTheSameWithEveryInstructionSet) {
  write<float>("start.npy", {3}, {1, 2, 3});
  write<float>("g.npy", {2, 3}, {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F});
  EXPECT_EQ(replay("adam", {"--isa", "baseline"}).code, 0);
  const std::string plain = file_text(at("out.npy"));
  EXPECT_EQ(replay("adam", {"--threads", "2"}).code, 0);
  EXPECT_EQ(file_text(at("out.npy")), plain);
}

}  // namespace
}  // namespace thalweg::test::replay_test
