#include "workbench/formula.h"

#include <array>
#include <cmath>
#include <functional>
#include <numbers>

#include <gmock/gmock.h>

#include <thalweg/error.h>

namespace thalweg::workbench::formula_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

double value(const std::string& text, double x, double y = 0) {
  return make_formula(text, 2)(std::array{x, y});
}

std::string message(const std::string& text, std::size_t dimension = 2) {
  try {
    (void)make_formula(text, dimension);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, Error::Kind::usage);
    return error.what();
  }
  return "no error";
}

TEST(Formula, MeansWhatPeopleWrite) {
  EXPECT_EQ(value("x^2 + 20*y^2", 3, 2), 89);
  EXPECT_EQ(value("-x^2", 3), -9);
  EXPECT_EQ(value("2^3^2", 0), 512);
  EXPECT_EQ(value("x**2 + pow(y, 3)", 3, 2), 17);
  EXPECT_EQ(value("x1 - x2", 5, 3), 2);
  EXPECT_EQ(value("1e-3*x + .5", 1000), 1.5);
  EXPECT_EQ(value("x > 1 && y < 1 ? 10 : 20", 2, 0), 10);
  EXPECT_EQ(value("x > 1 && y < 1 ? 10 : 20", 2, 2), 20);
  EXPECT_EQ(value("ln(e^x)", 3), 3);
  EXPECT_EQ(value("log10(100)", 0), 2);
  EXPECT_EQ(value("pi", 0), std::numbers::pi);  // all digits, muparser's own has 12
  EXPECT_EQ(value("e", 0), std::numbers::e);
  EXPECT_EQ(value("max(x, y, 1) + abs(y)", -3, -2), 3);
}

TEST(Formula, HasTheDimensionThatItUses) {
  EXPECT_EQ(make_formula("x^2").dimension, 1U);
  EXPECT_EQ(make_formula("y^2").dimension, 2U);
  EXPECT_EQ(make_formula("x + z").dimension, 3U);
  EXPECT_EQ(make_formula("x7^2").dimension, 7U);
  EXPECT_EQ(make_formula("x^2", 4).dimension, 4U);
  EXPECT_EQ(make_formula("1").dimension, 1U);
  const Problem made = make_formula("x^2 + y^2");
  EXPECT_EQ(made.title, "x^2 + y^2");
  EXPECT_EQ(made.start, std::vector<double>({1, 1}));
  EXPECT_EQ(made.view.size(), 2U);
  EXPECT_TRUE(made.optima.empty());
}

TEST(Formula, ErrorsNameTheColumnAndWhatIsKnown) {
  EXPECT_THAT(message("x^2 + 20*q"),
              AllOf(HasSubstr("--function = x^2 + 20*q"), HasSubstr("unknown 'q' at column 10"),
                    HasSubstr("known: x, y, pi, e, abs"), HasSubstr("tanh")));
  EXPECT_THAT(message("x + expp(y)"),
              AllOf(HasSubstr("unknown 'expp' at column 5"), HasSubstr("did you mean 'exp'?")));
  EXPECT_THAT(message("x + z"), AllOf(HasSubstr("unknown 'z' at column 5"), Not(HasSubstr("z, "))));
  EXPECT_THAT(message("x + x3", 0), Not(HasSubstr("unknown")));
  EXPECT_THAT(message("x + z + x10", 0), HasSubstr("unknown 'x10' at column 9"));
  EXPECT_THAT(message("x \xC2\xB2"), HasSubstr("unknown '\xC2\xB2' at column 3"));
  EXPECT_THAT(message("\xC3\xA9 + 1 + x \xC2\xB2"), HasSubstr("at column 1"));
  EXPECT_THAT(message("x +"), HasSubstr("it ends too early at column 4"));
  EXPECT_THAT(message("sin(x"), HasSubstr("a ')' is missing at column 6"));
  EXPECT_THAT(message("x)"), HasSubstr("')' is not expected at column 2"));
  EXPECT_THAT(message("2x"),
              AllOf(HasSubstr("'x' is not expected at column 2"), HasSubstr("is a * missing")));
  EXPECT_THAT(message("x */ y"), HasSubstr("'/' is not expected at column 4"));
  EXPECT_THAT(message("0,5*x"),
              AllOf(HasSubstr("',' is not expected at column 2"), HasSubstr("have a point")));
  EXPECT_THAT(message("x^2, y"), HasSubstr("',' is not expected at column 4"));
  EXPECT_THAT(message("x = 3"), HasSubstr("'=' is not expected at column 3"));
  EXPECT_THAT(message("sin()"), HasSubstr("too few arguments for 'sin'"));
  EXPECT_THAT(message("sin(x, y)"), HasSubstr("too many arguments for 'sin'"));
  EXPECT_THAT(message(""), HasSubstr("is empty"));
  EXPECT_THAT(message("  "), HasSubstr("is empty"));
  EXPECT_THAT(message("x + \"a\""), HasSubstr("at column 5"));
  EXPECT_THAT(message("x\ny"), HasSubstr("at column 2"));
  EXPECT_THAT(message("x", 10), HasSubstr("at most 9"));
}

TEST(Formula, AssignsToNothing) {
  for (const char* good : {"x == y ? 1 : 2", "x <= y ? 1 : 2", "x >= y ? 1 : 2", "x != y ? 1 : 2"})
    EXPECT_EQ(message(good), "no error") << good;
  for (const char* bad : {"x=3", "x==y=2", "(y=x)"}) EXPECT_THAT(message(bad), HasSubstr("'='")) << bad;
}

/// The documented accuracy: 1e-9 of the gradient or the value, whichever is larger.
void expect_gradient(const std::string& text, double x, double y, double dx, double dy) {
  const Problem f = make_formula(text, 2);
  std::array<double, 2> gradient{};
  const double size = std::max({std::abs(f(std::array{x, y}, gradient)), std::abs(dx), std::abs(dy)});
  EXPECT_NEAR(gradient[0], dx, 1e-9 * size) << text << " at " << x << ", " << y;
  EXPECT_NEAR(gradient[1], dy, 1e-9 * size) << text << " at " << x << ", " << y;
}

TEST(Formula, GradientsAreAsAccurateAsPromised) {
  expect_gradient("x^2 + 20*y^2", 3, -2, 6, -80);
  expect_gradient("100*(y - x^2)^2 + (1 - x)^2", -1.2, 1, -215.6, -88);
  expect_gradient("exp(x)*sin(3*y)", 1, 2, std::exp(1) * std::sin(6), 3 * std::exp(1) * std::cos(6));
  expect_gradient("sin(40*x)", 0.3, 0, 40 * std::cos(12.0), 0);
  expect_gradient("x^6", 1000, 0, 6e15, 0);
  expect_gradient("1e-9*x", 1e6, 0, 1e-9, 0);
  expect_gradient("ln(x)", 0.01, 0, 100, 0);  // wider steps would leave where it is defined
  expect_gradient("sqrt(x)", 1e-3, 0, 0.5 / std::sqrt(1e-3), 0);
  expect_gradient("abs(x) + abs(y)", 0, 0.001, 0, 1);  // the mean of both sides; then a kink nearby
  expect_gradient("x > 0 ? x^2 : -x", 0.01, 0, 0.02, 0);
  expect_gradient("exp(x) + 0/(x - 0.03125)", 0, 0, 1, 0);  // not defined at one of the steps
  expect_gradient("3", 1, 1, 0, 0);
}

TEST(Formula, AgreesWithTheProblemsThatItSpells) {
  for (const auto& [name, text] :
       {std::pair("himmelblau", "(x^2 + y - 11)^2 + (x + y^2 - 7)^2"),
        std::pair("mccormick", "sin(x + y) + (x - y)^2 - 1.5*x + 2.5*y + 1"),
        std::pair("rastrigin", "20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)")}) {
    const Problem exact = make_problem(name, 2);
    for (const double x : {-2.3, 0.4, 3.1}) {
      std::array<double, 2> gradient{};
      const std::array at{x, 1.7 - x};
      (void)exact(at, gradient);
      expect_gradient(text, at[0], at[1], gradient[0], gradient[1]);
    }
  }
}

TEST(Formula, IsNotANumberWhereItIsNotDefined) {
  const Problem f = make_formula("sqrt(x)", 2);
  std::array<double, 2> gradient{};
  EXPECT_TRUE(std::isnan(f(std::array{-5.0, 0.0}, gradient)));
  EXPECT_TRUE(std::isnan(gradient[0]));
  EXPECT_TRUE(std::isinf(value("1/x", 0)));
}

}  // namespace
}  // namespace thalweg::workbench::formula_test
