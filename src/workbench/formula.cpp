#include "workbench/formula.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <vector>

#include <muParser.h>

#include <thalweg/error.h>

namespace thalweg::workbench {
namespace {

constexpr std::size_t most_letters = 9;  // coordinates that have a name
constexpr std::array short_names{"x", "y", "z"};

bool is_name_character(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// A parser with the values of its variables. muparser computes in double and reads numbers with a point,
/// whatever the locale.
struct Expression {
  mu::Parser parser;
  std::array<double, most_letters> x{};
  std::vector<std::string> names;  ///< variables, constants and functions: what a formula may say

  explicit Expression(std::size_t dimension) {
    parser.ClearConst();  // muparser's own pi has 12 digits
    parser.DefineConst("pi", std::numbers::pi);
    parser.DefineConst("e", std::numbers::e);
    parser.DefineFun("pow", static_cast<mu::value_type (*)(mu::value_type, mu::value_type)>(std::pow));
    parser.DefineOprt("**", static_cast<mu::value_type (*)(mu::value_type, mu::value_type)>(std::pow),
                      mu::prPOW, mu::oaRIGHT);
    for (std::size_t i = 0; i < dimension; ++i) {
      if (i < short_names.size() && dimension <= short_names.size()) names.emplace_back(short_names[i]);
      if (i < short_names.size()) parser.DefineVar(short_names[i], &x[i]);
      const std::string numbered = "x" + std::to_string(i + 1);
      if (dimension > short_names.size()) names.push_back(numbered);
      parser.DefineVar(numbered, &x[i]);
    }
    names.insert(names.end(), {"pi", "e"});
    for (const auto& [name, function] : parser.GetFunDef()) names.push_back(name);
  }
  // The parser points at x.
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
};

/// The column of a byte, in characters from 1.
std::size_t column_of(const std::string& text, std::size_t byte) {
  std::size_t column = 1;
  for (std::size_t i = 0; i < std::min(byte, text.size()); ++i)
    column += (text[i] & '\xC0') != '\x80' ? 1 : 0;
  return column;
}

/// The name, or else the one character, that starts at a byte.
std::string token_at(const std::string& text, std::size_t byte) {
  std::size_t end = byte;
  while (end < text.size() && is_name_character(text[end])) ++end;
  if (end == byte) {
    do ++end;
    while (end < text.size() && (text[end] & '\xC0') == '\x80');
  }
  return text.substr(byte, end - byte);
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

[[noreturn]] void fail(const std::string& option, const std::string& text, std::size_t byte,
                       const std::string& what, const std::string& accepted) {
  throw usage_error(option, text,
                    what + " at column " + std::to_string(column_of(text, byte)) +
                        (accepted.empty() ? "" : "; " + accepted));
}

[[noreturn]] void explain(const mu::ParserError& error, const std::string& option, const std::string& text,
                          const Expression& expression) {
  const std::string known = "known: " + joined(expression.names);
  if (error.GetCode() == mu::ecEMPTY_EXPRESSION) throw usage_error(option, text, "is empty; " + known);
  const auto byte = std::min(static_cast<std::size_t>(std::max(error.GetPos(), 0)), text.size());
  const std::string token = byte < text.size() ? token_at(text, byte) : "";
  switch (error.GetCode()) {
    case mu::ecUNASSIGNABLE_TOKEN: {
      const std::string near = nearest_name(token, expression.names);
      fail(option, text, byte, "unknown '" + token + "'",
           (near.empty() ? "" : "did you mean '" + near + "'? ") + known);
    }
    case mu::ecUNEXPECTED_EOF:
      fail(option, text, text.size(), "it ends too early", "a number, a name or '(' is expected");
    case mu::ecMISSING_PARENS:
      fail(option, text, text.size(), "a ')' is missing", "");
    case mu::ecTOO_FEW_PARAMS:
    case mu::ecTOO_MANY_PARAMS:
      fail(option, text, byte > 0 ? byte - 1 : 0,
           std::string("too ") + (error.GetCode() == mu::ecTOO_FEW_PARAMS ? "few" : "many") +
               " arguments for '" + error.GetToken() + "'",
           "");
    case mu::ecUNEXPECTED_VAR:
    case mu::ecUNEXPECTED_VAL:
    case mu::ecUNEXPECTED_FUN:
      fail(option, text, byte, "'" + token + "' is not expected", "is a * missing before it?");
    default:
      fail(option, text, byte, token.empty() ? error.GetMsg() : "'" + token + "' is not expected", "");
  }
}

/// muparser would let a formula assign to x, or have several values.
void check_characters(const std::string& text, const std::string& option) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\0' || c == '\n' || c == '"') fail(option, text, i, "a character that is not allowed", "");
    if (c != '=') continue;
    const bool second = i > 0 && std::string_view("=<>!").find(text[i - 1]) != std::string_view::npos;
    if (!second && (i + 1 == text.size() || text[i + 1] != '='))
      fail(option, text, i, "'=' is not expected", "the formula is the value itself; to compare, write ==");
  }
}

/// The first comma outside of parentheses.
std::size_t outer_comma(const std::string& text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (text[i] == ',' && depth == 0) return i;
  }
  return text.size();
}

/// The derivative of f, a function of one number, at x: central differences with steps that are halved,
/// extrapolated to a step of 0; of all extrapolations the one that agrees best with its neighbours.
template <class F>
double derivative(const F& f, double x) {
  constexpr std::size_t levels = 14;
  double best = std::numeric_limits<double>::quiet_NaN(), smallest = std::numeric_limits<double>::infinity();
  std::vector<double> above;  // the row of twice the step
  double h = std::max(1.0, std::abs(x)) / 16;
  for (std::size_t level = 0; level < levels && smallest > 0; ++level, h /= 2) {
    const double right = x + h, left = x - h;
    std::vector<double> row{(f(right) - f(left)) / (right - left)};
    if (!std::isfinite(row[0])) {  // beyond the edge of where f is defined
      above.clear();
      continue;
    }
    if (std::isnan(best)) best = row[0];
    double factor = 1;
    for (std::size_t m = 1; m <= above.size(); ++m) {
      factor *= 4;
      row.push_back((factor * row[m - 1] - above[m - 1]) / (factor - 1));
      const double error = std::max(std::abs(row[m] - row[m - 1]), std::abs(row[m] - above[m - 1]));
      if (error < smallest) {
        smallest = error;
        best = row[m];
      }
    }
    above = std::move(row);
  }
  return best;
}

}  // namespace

const std::string& formula_functions() {
  static const std::string names = [] {
    const Expression expression(0);
    return joined({expression.names.begin() + 2, expression.names.end()});
  }();
  return names;
}

Problem make_formula(const std::string& text, std::size_t dimension, const std::string& option) {
  if (dimension > most_letters)
    throw usage_error("dimension", std::to_string(dimension),
                      "must be at most " + std::to_string(most_letters) + " for a formula");
  const auto expression = std::make_shared<Expression>(dimension == 0 ? most_letters : dimension);
  check_characters(text, option);
  try {
    expression->x.fill(1);
    expression->parser.SetExpr(text);
    expression->parser.Eval();
    if (expression->parser.GetNumResults() > 1)
      fail(option, text, outer_comma(text), "',' is not expected",
           "a formula has one value, and its numbers have a point");
    if (dimension == 0) {
      dimension = 1;
      for (const auto& [name, place] : expression->parser.GetUsedVar())
        dimension = std::max(dimension, static_cast<std::size_t>(place - expression->x.data()) + 1);
    }
  } catch (const mu::ParserError& error) {
    explain(error, option, text, *expression);
  }

  Problem made;
  made.name = "formula";
  made.title = made.formula = text;
  made.dimension = dimension;
  made.start.assign(dimension, 1.0);
  made.view.assign(dimension, {-5, 5});
  made.evaluate = [expression](std::span<const double> x, std::span<double> gradient) {
    const auto value = [&] { return expression->parser.Eval(); };
    std::copy(x.begin(), x.end(), expression->x.begin());
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      double& variable = expression->x[i];
      gradient[i] = derivative(
          [&](double at) {
            variable = at;
            return value();
          },
          x[i]);
      variable = x[i];
    }
    return value();
  };
  return made;
}

}  // namespace thalweg::workbench
