// Help, unknown names, ranges and exit codes: what all commands share.

#include "program.h"

namespace thalweg::test::frame_test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const Words commands{"list",    "explain", "minimize", "replay", "train",
                     "predict", "inspect", "convert",  "compare"};

TEST(Help, OfTheWholeNamesEveryCommand) {
  const Output help = thalweg({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const std::string& command : commands) EXPECT_THAT(help.out, HasSubstr("\n  " + command + " "));
  EXPECT_THAT(help.out, HasSubstr("Examples:"));
  EXPECT_EQ(help.err, "");
  EXPECT_EQ(thalweg({"-h"}).out, help.out);
}

TEST(Help, OfACommandHasUsageOptionsAndExamples) {
  for (const std::string& command : commands) {
    const Output help = thalweg({command, "--help"});
    EXPECT_EQ(help.code, 0) << command;
    EXPECT_EQ(help.err, "") << command;
    EXPECT_THAT(help.out, HasSubstr("usage: thalweg " + command));
    EXPECT_THAT(help.out, HasSubstr("Examples:\n")) << command;
    EXPECT_THAT(help.out, HasSubstr("\n    thalweg " + command)) << command;
    for (const char* option : {"--json", "--seed N", "--threads N", "--isa", "--quiet"})
      EXPECT_THAT(help.out, HasSubstr(option)) << command;
    EXPECT_EQ(thalweg({"help", command}).out, help.out);
  }
}

TEST(Help, FitsANarrowTerminal) {
  expect_fits(thalweg({"--help"}, {{"COLUMNS", "60"}}), 60, "--help");
  for (const std::string& command : commands)
    expect_fits(thalweg({command, "--help"}, {{"COLUMNS", "60"}}), 60, command);
}

TEST(Version, IsPrinted) {
  const Output version = thalweg({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, ::testing::MatchesRegex("thalweg [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

struct Mistake {
  Words words;
  int code;
  std::string message;  ///< what stderr begins with, after "thalweg: error: "
};

class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreNamedWithWhatWouldBeRight) {
  const Output output = thalweg(GetParam().words);
  EXPECT_EQ(output.code, GetParam().code);
  EXPECT_THAT(output.err, StartsWith("thalweg: error: " + GetParam().message));
  EXPECT_EQ(output.out, "");
  EXPECT_EQ(lines_of(output.err).size(), 1U) << output.err;
}

INSTANTIATE_TEST_SUITE_P(
    OfUsage, Mistakes,
    ::testing::Values(
        Mistake{{"lst"}, 2, "unknown command 'lst': did you mean 'list'? (known: list, explain, "},
        Mistake{{"--json", "list"}, 2, "unknown option --json: options follow the command"},
        Mistake{{"list", "--jsn"}, 2, "unknown option --jsn: did you mean --json?"},
        Mistake{{"list", "--xyzzy=3"}, 2, "unknown option --xyzzy\n"},
        Mistake{{"list", "optimzers"}, 2, "unknown kind 'optimzers': did you mean 'optimizers'?"},
        Mistake{{"list", "data", "models"}, 2, "too many arguments: 'models'"},
        Mistake{{"list", "--threads"}, 2, "--threads needs a value: N\n"},
        Mistake{{"list", "--seed", "1", "--seed", "2"}, 2, "--seed is given more than once\n"},
        Mistake{{"list", "--seed", "1.5"}, 2, "--seed = 1.5: must be a whole number at least 0\n"},
        Mistake{{"list", "--seed=-1"}, 2, "--seed = -1: must be a whole number at least 0\n"},
        Mistake{{"list", "--seed", "1,5"}, 2, "--seed = 1,5: must be a whole number"},
        Mistake{{"list", "--threads", "2000"}, 2, "--threads = 2000: must be a whole number in [0, 1024]\n"},
        Mistake{{"list", "--isa", "x86-64-v9"}, 2, "unknown instruction set 'x86-64-v9'"},
        Mistake{{"explain"}, 2, "NAME is missing: "},
        Mistake{{"explain", "adm"}, 2, "unknown name 'adm': did you mean 'adam'? (thalweg list shows all"},
        Mistake{{"explain", "adam:lrr=1"}, 2, "unknown key of adam 'lrr': did you mean 'lr'?"},
        Mistake{{"explain", "adam:beta1=1"}, 2, "adam: beta1 = 1: must be in [0, 1)\n"},
        Mistake{{"explain", "adam:like=tensorflow"}, 2, "unknown library 'tensorflow'"},
        Mistake{{"explain", "aggmo:like=torch"}, 2, "aggmo: like = torch: torch has no aggmo"},
        Mistake{{"explain", "adam", "--kind", "problm"}, 2, "--kind = 'problm': must be one of"},
        Mistake{{"explain", "adam", "--kind", "problem"}, 2, "unknown problem 'adam'"},
        Mistake{{"minimize", "rosenbrok"}, 2, "unknown problem 'rosenbrok': did you mean 'rosenbrock'?"},
        Mistake{
            {"minimize", "beale", "--steps", "-5"}, 2, "--steps = -5: must be a whole number at least 0\n"},
        Mistake{{"minimize", "beale", "--target", "nan"}, 2, "--target = nan: must be any finite number\n"},
        Mistake{{"minimize", "beale", "--tolerance", "x"}, 2, "--tolerance = 'x': must be a number\n"},
        Mistake{{"minimize", "beale", "--start", "1,2,3"}, 2, "--start = 1,2,3: must have 2 numbers"},
        Mistake{{"minimize", "beale", "--start", "1,"}, 2, "--start = '': must be a number\n"},
        Mistake{{"minimize", "beale", "--dimension", "3"}, 2, ""},
        Mistake{
            {"minimize", "beale", "--optimizer", "adm"}, 2, "unknown optimizer 'adm': did you mean 'adam'?"},
        Mistake{{"minimize", "beale", "--transform", "clip_nrm"}, 2, "unknown transform 'clip_nrm'"},
        Mistake{{"minimize", "beale", "--schedule", "beta9=cosine"}, 2, "unknown key of adam 'beta9'"},
        Mistake{{"minimize", "beale", "--schedule", "lr=cosin"}, 2, "unknown schedule 'cosin'"},
        Mistake{{"replay", "--optimizer", "adam"}, 2, "--start FILE.npy is missing"},
        Mistake{{"replay", "--optimzer", "adam"}, 2, "unknown option --optimzer: did you mean --optimizer?"}),
    [](const auto& mistake) { return "Number" + std::to_string(mistake.index); });

TEST(NoArguments, ShowTheHelpAsAnError) {
  const Output output = thalweg({});
  EXPECT_EQ(output.code, 2);
  EXPECT_EQ(output.out, "");
  EXPECT_THAT(output.err, HasSubstr("usage: thalweg COMMAND"));
}

TEST(Output, ThatCannotBeWrittenIsAnError) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full";
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO);
    ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
    become_command({"list"}, {});
  }
  EXPECT_EQ(exit_code(child), 3);
}

}  // namespace
}  // namespace thalweg::test::frame_test
