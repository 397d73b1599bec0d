#include "bench/roofline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "bench/tables.h"

namespace thalweg::bench {
namespace {

constexpr double picture_width = 1000, panel_width = 430, panel_height = 330, first_left = 56, first_top = 70,
                 panels_across = 500, panels_down = 400;
// Sizes from dark to light, each with a shape of its own beside the hue.
constexpr std::array<const char*, 6> hues{"#0072b2", "#d55e00", "#008a64", "#b2568a", "#a67700", "#4b5157"};

std::string escaped(const std::string& text) {
  std::string all;
  for (const char c : text)
    all += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  return all;
}

struct Panel {
  double x0, y0, low_x, high_x, low_y, high_y;

  [[nodiscard]] double x(double bytes) const {
    return x0 + panel_width * std::log(bytes / low_x) / std::log(high_x / low_x);
  }
  [[nodiscard]] double y(double speed) const {
    return y0 + panel_height * (1 - std::log(speed / low_y) / std::log(high_y / low_y));
  }
};

/// 1, 2 and 5 times powers of ten within an interval.
std::vector<double> ticks(double low, double high) {
  std::vector<double> all;
  for (double power = std::pow(10, std::floor(std::log10(low))); power <= high; power *= 10) {
    for (const double step : {1.0, 2.0, 5.0}) {
      if (step * power >= low * 0.999 && step * power <= high * 1.001) all.push_back(step * power);
    }
  }
  return all;
}

void frame(const Panel& p, const std::string& title, std::string& out) {
  out +=
      fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" font-weight=\"600\">{}</text>\n", p.x0, p.y0 - 8, title);
  out += fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#9aa3ab\"/>\n", p.x0,
      p.y0, panel_width, panel_height);
  for (const double bytes : ticks(p.low_x, p.high_x)) {
    out += fmt::format(
        "<path d=\"M{0:.1f} {1:.1f}v{2}\" stroke=\"#e3e7ea\"/><text x=\"{0:.1f}\" y=\"{3:.1f}\" "
        "text-anchor=\"middle\">{4:g}</text>\n",
        p.x(bytes), p.y0, panel_height, p.y0 + panel_height + 16, bytes);
  }
  for (const double speed : ticks(p.low_y, p.high_y)) {
    out += fmt::format(
        "<path d=\"M{0:.1f} {1:.1f}h{2}\" stroke=\"#e3e7ea\"/><text x=\"{3:.1f}\" y=\"{4:.1f}\" "
        "text-anchor=\"end\">{5:g}</text>\n",
        p.x0, p.y(speed), panel_width, p.x0 - 6, p.y(speed) + 4, speed);
  }
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">bytes a parameter</text>\n",
                     p.x0 + panel_width, p.y0 + panel_height + 32);
  out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">parameters a nanosecond</text>\n",
                     p.x0 + panel_width, p.y0 - 8);
}

/// The fastest loop over memory of a size, in bytes a nanosecond: the roof falls with one over the bytes.
double roof(const Record& record, const std::string& size, const std::string& precision,
            std::size_t threads) {
  double best = 0;
  for (const Entry& e : record.entries) {
    if (e.group == "limit" && e.size == size && e.precision == precision && e.threads == threads &&
        e.bytes > 0)
      best = std::max(best, e.bytes / figure_of(e.rounds).median);
  }
  return best;
}

void panel(const Record& record, const Panel& p, const std::string& precision, std::size_t threads,
           const std::vector<std::string>& sizes, std::string& out) {
  frame(p, fmt::format("{}, {}", precision, threads == 1 ? "1 thread" : fmt::format("{} threads", threads)),
        out);
  out += fmt::format(
      "<clipPath id=\"c{0:.0f}-{1:.0f}\"><rect x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"{2}\" "
      "height=\"{3}\"/></clipPath>\n<g clip-path=\"url(#c{0:.0f}-{1:.0f})\">\n",
      p.x0, p.y0, panel_width, panel_height);
  for (std::size_t s = 0; s < sizes.size(); ++s) {
    const double speed = roof(record, sizes[s], precision, threads);
    if (speed <= 0) continue;
    out += fmt::format(
        "<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"{}\" stroke-width=\"1.5\"><title>memory at "
        "{}: {:.1f} GB/s</title></path>\n",
        p.x(p.low_x), p.y(speed / p.low_x), p.x(p.high_x), p.y(speed / p.high_x), hues[s % hues.size()],
        sizes[s], speed);
  }
  if (const Entry* bare = record.find("limit", "root and quotient", "L1", precision, 1)) {
    const double speed = static_cast<double>(threads) / figure_of(bare->rounds).median;
    out += fmt::format(
        "<path d=\"M{0:.1f} {1:.1f}h{2}\" stroke=\"#1c2126\" stroke-dasharray=\"6 3\"/><text x=\"{3:.1f}\" "
        "y=\"{4:.1f}\" text-anchor=\"end\">root and quotient</text>\n",
        p.x0, p.y(speed), panel_width, p.x0 + panel_width - 6, p.y(speed) - 5);
  }
  for (const Entry& e : record.entries) {
    const auto at = std::find(sizes.begin(), sizes.end(), e.size);
    if (e.group != "rule" || e.precision != precision || e.threads != threads || at == sizes.end()) continue;
    const double ns = figure_of(e.rounds).median;
    out += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.6\" fill=\"{}\" fill-opacity=\".75\" stroke=\"#fff\" "
        "stroke-width=\".7\"><title>{}, {}: {:.3g} ns a parameter, {:.1f} GB/s</title></circle>\n",
        p.x(e.bytes), p.y(1 / ns), hues[static_cast<std::size_t>(at - sizes.begin()) % hues.size()], e.name,
        e.size, ns, e.bytes / ns);
  }
  out += "</g>\n";
}

}  // namespace

std::string roofline_svg(const Record& record) {
  std::vector<std::string> sizes;
  std::set<std::string> precisions;
  std::set<std::size_t> threads;
  double low_x = 1e9, high_x = 0, low_y = 1e9, high_y = 0;
  for (const Entry& e : record.entries) {
    if (e.group != "rule") continue;
    if (std::find(sizes.begin(), sizes.end(), e.size) == sizes.end()) sizes.push_back(e.size);
    precisions.insert(e.precision);
    threads.insert(e.threads);
    const double speed = 1 / figure_of(e.rounds).median;
    low_x = std::min(low_x, e.bytes / 1.3);
    high_x = std::max(high_x, e.bytes * 1.3);
    low_y = std::min(low_y, speed / 1.5);
    high_y = std::max(high_y, speed * 1.5);
  }
  if (sizes.empty()) low_x = low_y = 1, high_x = high_y = 10;
  std::string out;
  double x = first_left;
  for (std::size_t s = 0; s < sizes.size(); ++s, x += 130) {
    out += fmt::format(
        "<circle cx=\"{:.0f}\" cy=\"46\" r=\"5\" fill=\"{}\"/><text x=\"{:.0f}\" y=\"50\">{}</text>\n", x,
        hues[s % hues.size()], x + 10, sizes[s]);
  }
  double y = first_top + 20;
  for (const std::string& precision : precisions) {
    double at = first_left;
    for (const std::size_t n : threads) {
      panel(record, {at, y, low_x, high_x, low_y, high_y}, precision, n, sizes, out);
      at += panels_across;
    }
    y += panels_down;
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1:.0f}\" viewBox=\"0 0 {0} "
      "{1:.0f}\" "
      "role=\"img\" font-family=\"system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif\" font-size=\"12\" "
      "fill=\"#1c2126\">\n<title>Rules under the roofs of memory and arithmetic</title>\n"
      "<rect width=\"{0}\" height=\"{1:.0f}\" fill=\"#fff\"/>\n<text x=\"{2}\" y=\"24\" font-size=\"15\" "
      "font-weight=\"600\">Each rule under the roof of memory at its size (lines) and of the divider "
      "(dashes)</text>\n{3}</svg>\n",
      picture_width, y, first_left - 6, out);
}

std::string roofline_page(const Record& record) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>thalweg bench: "
      "roofline</title>\n<meta name=\"viewport\" content=\"width=device-width\">\n<style>body{{font:15px/1.5 "
      "system-ui,sans-serif;margin:24px auto;max-width:1040px;padding:0 16px;background:#fff;color:#1c2126}}"
      "svg{{max-width:100%;height:auto}}</style></head>\n<body><h1>Roofline</h1>\n<p>{}</p>\n{}<p>Point at a "
      "dot or a line to read it.</p></body></html>\n",
      escaped(machine_line(record)), roofline_svg(record));
}

}  // namespace thalweg::bench
