// bench as a program: what it writes and refuses, and never how long something took.

#include "program.h"

namespace thalweg::test::bench_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Words small{"bench",    "--rules", "sgd,adam",  "--sizes", "L1,1000,10x100",
                  "--rounds", "2",       "--threads", "1"};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(Bench, MeasuresWritesAndReadsItsRecord) {
  const data::TemporaryFolder folder;
  const std::string file = folder.path() + "/record.json", plot = folder.path() + "/plot.html",
                    page = folder.path() + "/from.svg";
  // No peers: what is installed here is not what is tested.
  const Output output = thalweg(with(small, {"--precision", "float32", "-q", "--json", "--output", file,
                                             "--plot", plot, "--peers", folder.path()}));
  EXPECT_EQ(output.code, 0) << output.err;
  const auto json = json_of(output);
  EXPECT_EQ(json.at("kind"), "bench");
  EXPECT_EQ(
      json.at("command"),
      "thalweg bench --rules sgd,adam --sizes L1,1000,10x100 --precision float32 --rounds 2 --threads 1");
  EXPECT_EQ(json.at("errors").size(), 0U);
  std::vector<std::string> rules;
  for (const auto& entry : json.at("entries")) {
    EXPECT_EQ(entry.at("rounds").size(), 2U);
    EXPECT_GT(entry.at("median").get<double>(), 0);
    if (entry.at("group") == "rule") {
      rules.push_back(entry.at("name").get<std::string>() + " " + entry.at("size").get<std::string>());
      EXPECT_GT(entry.at("of_limit").get<double>(), 0);
    }
  }
  EXPECT_THAT(rules, ::testing::ElementsAre("sgd 1000", "adam 1000", "sgd 10x100", "adam 10x100"));
  EXPECT_EQ(file_text(file), output.out);
  EXPECT_THAT(file_text(plot), HasSubstr("adam, 1000: "));

  const Output again = thalweg({"bench", "--from", file, "--compare", file, "--plot", page});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("rules, float32, 1 thread: ns a parameter, % of the memory limit"));
  EXPECT_THAT(again.out, HasSubstr("goals"));
  EXPECT_THAT(again.out, HasSubstr("0 of "));
  EXPECT_THAT(file_text(page), HasSubstr("<svg xmlns"));
  const Output markdown = thalweg({"bench", "--from", file, "--markdown"});
  EXPECT_THAT(markdown.out, HasSubstr("| adam |"));
  for (const char* width : {"40", "80", "200"}) {
    expect_fits(thalweg({"bench", "--from", file, "--compare", file}, {{"COLUMNS", width}}), std::atoi(width),
                width);
  }
}

TEST(Bench, RefusesWhatItCannotHonour) {
  const auto error = [](const Words& more, int code = 2) {
    const Output output = thalweg(with({"bench"}, more));
    EXPECT_EQ(output.code, code) << output.err;
    EXPECT_EQ(output.out, "");
    return output.err;
  };
  EXPECT_THAT(error({"--rules", "adma"}), HasSubstr("did you mean 'adam'"));
  EXPECT_THAT(error({"--rules", "adam,adam"}), HasSubstr("must name adam once"));
  EXPECT_THAT(error({"--rules", "adam,,sgd"}), HasSubstr("names with commas between"));
  EXPECT_THAT(error({"--rules", "adam:lr=1"}), HasSubstr("without settings"));
  EXPECT_THAT(error({"--only", "laod"}), HasSubstr("did you mean 'load'"));
  EXPECT_THAT(error({"--only", "load", "--rules", "adam"}),
              HasSubstr("--only = load: must have steps in it"));
  EXPECT_THAT(error({"--sizes", "1e6,many"}), HasSubstr("--sizes = many: must be L1, a whole number"));
  EXPECT_THAT(error({"--precision", "half"}), HasSubstr("--precision"));
  EXPECT_THAT(error({"--peers", "/nowhere"}), HasSubstr("--peers = /nowhere: must be a folder"));
  EXPECT_THAT(error({"--plot", "x.png"}), HasSubstr("must end with .svg or .html"));
  EXPECT_THAT(error({"--from", "/nowhere.json"}, 3), HasSubstr("/nowhere.json"));
  EXPECT_THAT(error({"--from", THALWEG_COMMAND}, 3), HasSubstr("expected a record of thalweg bench"));
  EXPECT_THAT(error({"--isa", "mmx"}), HasSubstr("mmx"));
}

}  // namespace
}  // namespace thalweg::test::bench_test
