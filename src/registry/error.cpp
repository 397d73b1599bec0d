#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include <thalweg/error.h>

namespace thalweg {
namespace {

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours each cost 1.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1] ? 1U : 0U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }, '?');
  return text;
}

}  // namespace

Error::Error(Kind what_kind, std::string where, std::string found, std::string accepted,
             const std::string& message)
    : std::runtime_error(on_one_line(message)),
      kind(what_kind),
      name(std::move(where)),
      value(std::move(found)),
      constraint(std::move(accepted)) {}

Error usage_error(std::string_view name, std::string_view value, std::string_view constraint) {
  return {Error::Kind::usage, std::string(name), std::string(value), std::string(constraint),
          std::string(name) + " = " + std::string(value) + ": " + std::string(constraint)};
}

Error input_error(std::string_view where, std::string_view found, std::string_view accepted) {
  return {Error::Kind::input, std::string(where), std::string(found), std::string(accepted),
          std::string(where) + ": found " + std::string(found) + "; expected " + std::string(accepted)};
}

Error unknown_name(std::string_view thing, std::string_view name, const std::vector<std::string>& known) {
  std::string all;
  for (const auto& k : known) all += (all.empty() ? "" : ", ") + k;
  const std::string near = nearest_name(name, known);
  const std::string hint = near.empty() ? "" : ": did you mean '" + near + "'?";
  return {Error::Kind::usage, std::string(thing), std::string(name), "one of " + all,
          "unknown " + std::string(thing) + " '" + std::string(name) + "'" + hint + " (known: " + all + ")"};
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, (name.size() + 1) / 3) + 1;
  const std::string wanted = lower(name);
  for (const auto& candidate : candidates) {
    const std::size_t missing =
        std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size());
    if (missing >= best_distance) continue;
    const std::size_t distance = edit_distance(wanted, lower(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string number_text(double value) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return error == std::errc() ? std::string(buffer.data(), end) : std::string("?");
}

bool parse_number(std::string_view text, double& value) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace thalweg
