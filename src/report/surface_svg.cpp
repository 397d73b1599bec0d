#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "report/page.h"
#include "report/surface.h"
#include "report/surface_contours.h"

// A static picture for documents, where nothing runs. One from a browser would need a browser to be made, and
// would differ from one version to the next; filled contours take a page of code where they need not be
// joined into curves (surface_contours.h).

namespace thalweg::report {
namespace {

using namespace workbench;

constexpr double picture_width = 720, picture_height = 560, plot_left = 64, plot_right = 706, plot_top = 14,
                 plot_bottom = 512;
constexpr std::size_t level_count = 14;
// The colours and dashes of the page (shell.js, style.css) in its light theme.
constexpr std::array<const char*, 7> hues{"#0072b2", "#d55e00", "#008a64", "#b2568a",
                                          "#a67700", "#5b5bd6", "#4b5157"};
constexpr std::array<const char*, 5> dashes{"", "10 4", "10 3 2 3", "5 3", "2 3"};
constexpr std::array<std::array<double, 3>, 5> ramp{
    {{0x83, 0xb4, 0xcf}, {0xb3, 0xd1, 0xdc}, {0xdf, 0xe9, 0xe0}, {0xf5, 0xec, 0xd4}, {0xef, 0xd6, 0xac}}};

std::string ramp_colour(double share) {
  const double at = std::clamp(share, 0.0, 1.0) * (ramp.size() - 1);
  const auto i = std::min(static_cast<std::size_t>(at), ramp.size() - 2);
  std::array<int, 3> mixed{};
  for (std::size_t c = 0; c < 3; ++c)
    mixed[c] = static_cast<int>(
        std::lround(ramp[i][c] + (at - static_cast<double>(i)) * (ramp[i + 1][c] - ramp[i][c])));
  return fmt::format("#{:02x}{:02x}{:02x}", mixed[0], mixed[1], mixed[2]);
}

/// Round numbers within an interval, about five.
std::vector<double> ticks(const Problem::Interval& axis) {
  const double rough = (axis.high - axis.low) / 5, power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double s : {5.0, 2.0, 1.0}) {
    if (s * power >= 0.999 * rough) step = s * power;
  }
  std::vector<double> all;
  for (double i = std::ceil(axis.low / step - 1e-9); i * step <= axis.high + 1e-9 * step; ++i)
    all.push_back(i == 0 ? 0 : i * step);  // not -0
  return all;
}

class Picture {
 public:
  Picture(const Surface& surface, messages::Language language)
      : surface_(surface), language_(language), heights_(heights(surface)) {}

  std::string text() {
    ground();
    for (const SurfacePoint& optimum : surface_.optima) star(optimum);
    for (std::size_t k = surface_.paths.size(); k-- > 0;) path(k);
    if (!surface_.paths.empty()) {
      out_ += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"6.5\" fill=\"none\" stroke=\"#1c2126\" "
          "stroke-width=\"2\"/>\n",
          x(surface_.paths[0].x[0]), y(surface_.paths[0].y[0]));
    }
    out_ += "</g>\n";
    axes();
    const double whole = legend();
    return fmt::format(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} "
               "{1}\" role=\"img\" "
               "font-family=\"system-ui, 'Noto Sans', 'DejaVu Sans', 'Noto Sans CJK TC', sans-serif\" "
               "font-size=\"13\">\n<title>{2}</title>\n"
               "<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n<clipPath id=\"inside\"><rect x=\"{3}\" "
               "y=\"{4}\" width=\"{5}\" height=\"{6}\"/></clipPath>\n"
               "<g clip-path=\"url(#inside)\">\n",
               picture_width, whole, html_escaped(surface_headline(surface_, language_)), plot_left, plot_top,
               plot_right - plot_left, plot_bottom - plot_top) +
           out_ + "</svg>\n";
  }

 private:
  [[nodiscard]] double x(double at) const {
    return plot_left + (at - surface_.x.low) / (surface_.x.high - surface_.x.low) * (plot_right - plot_left);
  }
  [[nodiscard]] double y(double at) const {
    return plot_bottom -
           (at - surface_.y.low) / (surface_.y.high - surface_.y.low) * (plot_bottom - plot_top);
  }
  void ground() {
    std::vector<double> all;
    all.reserve(surface_.values.size());
    for (const double value : surface_.values) all.push_back(heights_.of(value));
    // In tenths of a pixel, so that whole numbers are fine enough.
    const ContourGrid grid{&all,
                           surface_.columns,
                           surface_.rows,
                           10 * plot_left,
                           10 * plot_bottom,
                           10 * (plot_right - plot_left),
                           10 * (plot_bottom - plot_top)};
    out_ += "<g transform=\"scale(.1)\" fill=\"none\">\n";
    for (std::size_t k = 0; k < level_count; ++k) {
      const double limit =
          k == 0 ? -std::numeric_limits<double>::infinity()
                 : heights_.low + (heights_.high - heights_.low) * static_cast<double>(k) / level_count;
      const Contour level = contour(grid, limit);
      if (level.area.empty()) continue;
      const std::string colour = ramp_colour((static_cast<double>(k) + 0.5) / level_count);
      out_ += fmt::format("<path d=\"{0}\" fill=\"{1}\" stroke=\"{1}\" stroke-width=\"10\"/>\n", level.area,
                          colour);
      if (!level.line.empty())
        out_ += fmt::format("<path d=\"{}\" stroke=\"#1c2126\" stroke-opacity=\".3\" stroke-width=\"8\"/>\n",
                            level.line);
    }
    out_ += "</g>\n";
  }

  void star(const SurfacePoint& point) {
    std::string d;
    for (int i = 0; i < 10; ++i) {
      const double angle = 3.14159265358979 * i / 5, radius = i % 2 == 0 ? 9 : 3.8;
      d += fmt::format("{}{:.1f} {:.1f}", i == 0 ? 'M' : 'L', x(point.x) + radius * std::sin(angle),
                       y(point.y) - radius * std::cos(angle));
    }
    out_ += fmt::format(
        "<path d=\"{}Z\" fill=\"#1c2126\" stroke=\"#fff\" stroke-width=\"2\" paint-order=\"stroke\"/>\n", d);
  }

  [[nodiscard]] bool inside(const SurfacePath& path, std::size_t i) const {
    return path.x[i] >= surface_.x.low && path.x[i] <= surface_.x.high && path.y[i] >= surface_.y.low &&
           path.y[i] <= surface_.y.high;
  }

  void path(std::size_t number) {
    const SurfacePath& path = surface_.paths[number];
    const std::string hue = hues[number % hues.size()], dash = dashes[number % dashes.size()];
    std::string d, dots;
    double dot_x = -99, dot_y = -99;
    std::size_t last = 0;
    for (std::size_t i = 0; i < path.shown; ++i) {
      double px = x(path.x[i]), py = y(path.y[i]);
      if (i > 0) {  // a very long step is cut short, in its own direction
        const double fx = x(path.x[i - 1]), fy = y(path.y[i - 1]);
        const double share = std::min(1.0, 1e5 / std::max(std::abs(px - fx), std::abs(py - fy)));
        px = fx + share * (px - fx);
        py = fy + share * (py - fy);
      }
      d += fmt::format("{}{:.1f} {:.1f}", i == 0 ? 'M' : 'L', px, py);
      if (inside(path, i)) last = i;
      if (!(std::hypot(px - dot_x, py - dot_y) > 7)) continue;
      dots += fmt::format("M{:.1f} {:.1f}h0", px, py);
      dot_x = px;
      dot_y = py;
    }
    const std::string round = "fill=\"none\" stroke-linejoin=\"round\" stroke-linecap=\"round\"";
    out_ += fmt::format("<path d=\"{}\" {} stroke=\"#fff\" stroke-opacity=\".85\" stroke-width=\"5\"/>\n", d,
                        round);
    out_ += fmt::format(
        "<path d=\"{}\" fill=\"none\" stroke-linejoin=\"round\" stroke=\"{}\" stroke-width=\"2.4\"{}/>\n", d,
        hue, dash.empty() ? "" : " stroke-dasharray=\"" + dash + "\"");
    out_ += fmt::format("<path d=\"{}\" {} stroke=\"{}\" stroke-width=\"5\"/>\n", dots, round, hue);
    if (path.x.size() <= 61) look_ahead(path, hue);
    const double px = x(path.x[last]), py = y(path.y[last]);
    if (last + 1 < path.shown || path.end == PathEnd::diverged) {
      // The whole mark stays inside.
      const double ex =
          std::clamp(last + 1 < path.shown ? edge(path, last, true) : px, plot_left + 7, plot_right - 7);
      const double ey =
          std::clamp(last + 1 < path.shown ? edge(path, last, false) : py, plot_top + 7, plot_bottom - 7);
      out_ +=
          fmt::format("<path d=\"M{:.1f} {:.1f}l10 10m0 -10l-10 10\" stroke=\"#fff\" stroke-width=\"6\"/>\n",
                      ex - 5, ey - 5);
      out_ +=
          fmt::format("<path d=\"M{:.1f} {:.1f}l10 10m0 -10l-10 10\" stroke=\"{}\" stroke-width=\"2.6\"/>\n",
                      ex - 5, ey - 5, hue);
    } else {
      out_ += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5.5\" fill=\"{}\" stroke=\"#fff\" stroke-width=\"2\"/>\n",
          px, py, hue);
    }
  }

  /// Where the step after `i` crosses the edge of the picture.
  [[nodiscard]] double edge(const SurfacePath& path, std::size_t i, bool horizontal) const {
    const double fx = x(path.x[i]), fy = y(path.y[i]), dx = x(path.x[i + 1]) - fx, dy = y(path.y[i + 1]) - fy;
    double share = 1;
    if (dx > 0) share = std::min(share, (plot_right - fx) / dx);
    if (dx < 0) share = std::min(share, (plot_left - fx) / dx);
    if (dy > 0) share = std::min(share, (plot_bottom - fy) / dy);
    if (dy < 0) share = std::min(share, (plot_top - fy) / dy);
    return horizontal ? fx + share * dx : fy + share * dy;
  }

  /// Where each step took its gradient.
  void look_ahead(const SurfacePath& path, const std::string& hue) {
    for (std::size_t i = 0; i < std::min(path.shown, path.ahead_x.size()); ++i) {
      if (std::isnan(path.ahead_x[i])) continue;
      const double ax = x(path.ahead_x[i]), ay = y(path.ahead_y[i]);
      out_ += fmt::format(
          "<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"{}\" stroke-width=\"1.6\" stroke-dasharray=\"2 "
          "3\"/>\n",
          x(path.x[i]), y(path.y[i]), ax, ay, hue);
      out_ += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.2\" fill=\"#fff\" stroke=\"{}\" "
          "stroke-width=\"1.6\"/>\n",
          ax, ay, hue);
    }
  }

  void label(double px, double py, const std::string& said, const char* more) {
    out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", px, py, more, html_escaped(said));
  }

  [[nodiscard]] std::string axis_name(const char* axis, double share) const {
    if (!surface_.slice) return axis;
    return messages::format(language_, std::string("surface.axis.slice.") + axis,
                            fmt::arg("v", fmt::format("{:.3g}", 100 * share)));
  }

  void axes() {
    const char* const soft = "fill=\"#59636d\"";
    for (const double tick : ticks(surface_.x))
      label(x(tick), plot_bottom + 18, fmt::format("{:.4g}", tick),
            "fill=\"#59636d\" text-anchor=\"middle\"");
    for (const double tick : ticks(surface_.y))
      label(plot_left - 7, y(tick) + 4.5, fmt::format("{:.4g}", tick),
            "fill=\"#59636d\" text-anchor=\"end\"");
    label((plot_left + plot_right) / 2, plot_bottom + 38,
          axis_name("x", surface_.slice ? surface_.slice->share_x : 0),
          "fill=\"#59636d\" text-anchor=\"middle\"");
    out_ += fmt::format(
        "<text transform=\"translate(15 {:.1f}) rotate(-90)\" {} text-anchor=\"middle\">{}</text>\n",
        (plot_top + plot_bottom) / 2, soft,
        html_escaped(axis_name("y", surface_.slice ? surface_.slice->share_y : 0)));
    out_ +=
        fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#dcdfe1\"/>\n",
                    plot_left, plot_top, plot_right - plot_left, plot_bottom - plot_top);
  }

  /// A line for each path; returns the height of the whole picture.
  double legend() {
    double at = picture_height + 16;
    for (std::size_t k = 0; k < surface_.paths.size(); ++k, at += 20) {
      const SurfacePath& path = surface_.paths[k];
      const std::string dash = dashes[k % dashes.size()];
      out_ +=
          fmt::format("<path d=\"M{} {}h30\" stroke=\"{}\" stroke-width=\"2.6\"{}/>\n", plot_left, at - 4.5,
                      hues[k % hues.size()], dash.empty() ? "" : " stroke-dasharray=\"" + dash + "\"");
      out_ += fmt::format(
          "<text x=\"{}\" y=\"{}\" fill=\"#1c2126\">{} <tspan fill=\"#59636d\">{}</tspan></text>\n",
          plot_left + 40, at, html_escaped(path.spec), html_escaped(end_text(path, language_)));
    }
    return surface_.paths.empty() ? picture_height : at - 4;
  }

  const Surface& surface_;
  messages::Language language_;
  Heights heights_;
  std::string out_;
};

}  // namespace

std::string surface_svg(const Surface& surface, messages::Language language) {
  return Picture(surface, language).text();
}

}  // namespace thalweg::report
