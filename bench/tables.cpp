#include "bench/tables.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bench/sparse_cases.h"
#include "bench/training_cases.h"

namespace thalweg::bench {
namespace {

std::string ns_text(double ns) {
  if (!std::isfinite(ns)) return "";
  return ns < 9.995 ? fmt::format("{:.2f}", ns) : fmt::format("{:.3g}", ns);
}

std::string threads_text(std::size_t threads) {
  return threads == 1 ? "1 thread" : fmt::format("{} threads", threads);
}

std::vector<std::size_t> threads_of(const Record& record) {
  std::vector<std::size_t> all;
  for (const Entry& e : record.entries) {
    if (std::find(all.begin(), all.end(), e.threads) == all.end()) all.push_back(e.threads);
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// Names of a group in the order in which they were measured.
std::vector<std::string> names_of(const Record& record, const std::string& group,
                                  const std::string& precision, std::size_t threads) {
  std::vector<std::string> all;
  for (const Entry& e : record.entries) {
    if (e.group == group && e.precision == precision && (threads == 0 || e.threads == threads) &&
        std::find(all.begin(), all.end(), e.name) == all.end())
      all.push_back(e.name);
  }
  return all;
}

std::vector<std::string> sizes_in_memory(const Record& record) {
  std::vector<std::string> all = record.sizes();
  all.erase(std::remove(all.begin(), all.end(), "L1"), all.end());
  return all;
}

/// A row per name, a column per size; `cell` may use the entry.
template <class Cell>
TableText by_size(const Record& record, const std::string& group, const std::string& precision,
                  std::size_t threads, Cell cell) {
  TableText table;
  const std::vector<std::string> sizes = sizes_in_memory(record);
  table.columns = {""};
  for (const std::string& size : sizes) table.columns.push_back(size);
  for (const std::string& name : names_of(record, group, precision, threads)) {
    std::vector<std::string> row{name};
    bool some = false;
    for (const std::string& size : sizes) {
      const Entry* e = record.find(group, name, size, precision, threads);
      row.push_back(e == nullptr ? "" : cell(*e));
      some = some || !row.back().empty();
    }
    if (some) table.rows.push_back(std::move(row));
  }
  return table;
}

std::string spread_note(const Record& record, const std::string& group, const std::string& precision,
                        std::size_t threads) {
  std::vector<double> spreads;
  for (const Entry& e : record.entries) {
    if (e.group != group || e.precision != precision || e.threads != threads) continue;
    const Figure f = figure_of(e.rounds);
    spreads.push_back((f.high - f.low) / f.median);
  }
  const Figure f = figure_of(spreads);
  return fmt::format("Half of the rounds lie within {:.1f} % in the median case.", 100 * f.median);
}

void add_by_threads(const Record& record, std::vector<TableText>& tables) {
  for (const char* precision : {"float32", "float64"}) {
    for (const std::size_t threads : threads_of(record)) {
      const auto figure = [&](const Entry& e) {
        const double ns = figure_of(e.rounds).median, share = figure_of(record.shares(e)).median;
        return std::isfinite(share) ? fmt::format("{} {:.0f}%", ns_text(ns), 100 * share) : ns_text(ns);
      };
      TableText limits = by_size(record, "limit", precision, threads, [](const Entry& e) {
        const double ns = figure_of(e.rounds).median;
        return fmt::format("{} {:.0f}", ns_text(ns), e.bytes / ns);
      });
      limits.title =
          fmt::format("limits of memory, {}, {}: ns a parameter, GB/s", precision, threads_text(threads));
      limits.note = spread_note(record, "limit", precision, threads);
      TableText rules = by_size(record, "rule", precision, threads, figure);
      rules.title = fmt::format("rules, {}, {}: ns a parameter, % of the memory limit", precision,
                                threads_text(threads));
      rules.note = spread_note(record, "rule", precision, threads);
      if (!limits.rows.empty()) tables.push_back(std::move(limits));
      if (!rules.rows.empty()) tables.push_back(std::move(rules));
      for (const char* group : {"chain", "storage"}) {
        TableText over = by_size(record, group, precision, threads, [&](const Entry& e) {
          const double ns = figure_of(e.rounds).median, ratio = figure_of(record.over_reference(e)).median;
          return std::isfinite(ratio) ? fmt::format("{} {:.2f}x", ns_text(ns), ratio) : ns_text(ns);
        });
        over.title = fmt::format("{}, {}: ns a parameter, times plain adam in float32",
                                 std::string(group) == "chain" ? "chains" : "storage", threads_text(threads));
        if (!over.rows.empty()) tables.push_back(std::move(over));
      }
      TableText peers = by_size(record, "peer", precision, threads, [&](const Entry& e) {
        return fmt::format("{} {:.3g}x", ns_text(figure_of(e.rounds).median),
                           figure_of(record.over_reference(e)).median);
      });
      peers.title = fmt::format("peers, {}, {}: ns a parameter, times thalweg in the same rounds", precision,
                                threads_text(threads));
      if (!peers.rows.empty()) tables.push_back(std::move(peers));
    }
  }
}

/// Kernels from the first-level cache: a column per precision.
void add_kernels(const Record& record, std::vector<TableText>& tables) {
  TableText table;
  table.title = "from the first-level cache, 1 thread: ns a parameter";
  table.columns = {"", "float32", "float64"};
  for (const char* group : {"limit", "kernel"}) {
    std::vector<std::string> names;
    for (const Entry& e : record.entries) {
      if (e.group == group && e.size == "L1" && std::find(names.begin(), names.end(), e.name) == names.end())
        names.push_back(e.name);
    }
    for (const std::string& name : names) {
      std::vector<std::string> row{name};
      for (const char* precision : {"float32", "float64"}) {
        const Entry* e = record.find(group, name, "L1", precision, 1);
        row.push_back(e == nullptr ? "" : fmt::format("{:.3f}", figure_of(e->rounds).median));
      }
      table.rows.push_back(std::move(row));
    }
  }
  if (!table.rows.empty()) tables.push_back(std::move(table));
}

void add_overheads(const Record& record, std::vector<TableText>& tables) {
  TableText table;
  table.title = "overheads: ns";
  table.columns = {""};
  const std::vector<std::size_t> threads = threads_of(record);
  for (const std::size_t n : threads) table.columns.push_back(threads_text(n));
  for (const std::string& name : names_of(record, "overhead", "float32", 0)) {
    std::vector<std::string> row;
    for (const std::size_t n : threads) {
      const Entry* e = record.find("overhead", name, "10", "float32", n);
      if (row.empty()) row.push_back(e == nullptr ? name : name + ", a " + e->unit);
      row.push_back(e == nullptr ? "" : fmt::format("{:.3g}", figure_of(e->rounds).median));
    }
    table.rows.push_back(std::move(row));
  }
  if (!table.rows.empty()) tables.push_back(std::move(table));
}

/// Reading files, and what other libraries take for it.
void add_loads(const Record& record, std::vector<TableText>& tables) {
  TableText table;
  table.columns = {"", "MB/s", "ns a byte", "% of the copy", "times thalweg"};
  for (const Entry& e : record.entries) {
    if (e.unit != "byte") continue;
    table.title = fmt::format("loading files of {}, 1 thread", e.size);
    const double ns = figure_of(e.rounds).median, share = figure_of(record.shares(e)).median,
                 over = figure_of(record.over_reference(e)).median;
    table.rows.push_back({e.name, fmt::format("{:.0f}", 1e3 / ns), fmt::format("{:.3f}", ns),
                          std::isfinite(share) ? fmt::format("{:.0f}", 100 * share) : "",
                          std::isfinite(over) ? fmt::format("{:.3g}", over) : ""});
  }
  table.note =
      "The copy reads the same bytes, which the system has in memory, into new memory. IDX is held against "
      "it by "
      "the bytes that are read and written: each byte becomes a float.";
  if (!table.rows.empty()) tables.push_back(std::move(table));
}

/// Epochs: the products alone, thalweg, and peers.
void add_training(const Record& record, std::vector<TableText>& tables) {
  TableText table;
  table.title = fmt::format(
      "training in batches of 128: s an epoch of {} rows; times the products alone, for peers times thalweg",
      training_rows);
  table.columns = {""};
  const std::vector<std::size_t> threads = threads_of(record);
  for (const std::size_t n : threads) table.columns.push_back(threads_text(n));
  std::vector<std::string> names;
  for (const Entry& e : record.entries) {
    if (e.unit == "row" && std::find(names.begin(), names.end(), e.name) == names.end())
      names.push_back(e.name);
  }
  for (const std::string& name : names) {
    std::vector<std::string> row{name};
    for (const std::size_t n : threads) {
      std::string cell;
      for (const Entry& e : record.entries) {
        if (e.unit != "row" || e.name != name || e.threads != n) continue;
        cell = fmt::format("{:.3g}", 1e-9 * static_cast<double>(training_rows) * figure_of(e.rounds).median);
        const double over = e.group == "peer" ? figure_of(record.over_reference(e)).median
                                              : 1 / figure_of(record.shares(e)).median;
        if (std::isfinite(over)) cell += fmt::format(" {:.2f}x", over);
      }
      row.push_back(cell);
    }
    table.rows.push_back(std::move(row));
  }
  if (!table.rows.empty()) tables.push_back(std::move(table));
}

/// Linear models on sparse rows: a column per kind of data.
void add_sparse(const Record& record, std::vector<TableText>& tables) {
  TableText table;
  table.title = fmt::format(
      "logistic regression on rows of {} nonzeros, 1 thread: ns a nonzero; times the loop over records of "
      "the same size, for peers times thalweg",
      sparse_nonzeros);
  table.columns = {""};
  std::vector<std::string> names, sizes;
  const auto add = [](std::vector<std::string>& all, const std::string& one) {
    if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
  };
  for (const Entry& e : record.entries) {
    if (e.unit != "nonzero") continue;
    add(names, e.name);
    add(sizes, e.size);
  }
  table.columns.insert(table.columns.end(), sizes.begin(), sizes.end());
  for (const std::string& name : names) {
    std::vector<std::string> row{name};
    for (const std::string& size : sizes) {
      std::string cell;
      for (const Entry& e : record.entries) {
        if (e.unit != "nonzero" || e.name != name || e.size != size) continue;
        cell = ns_text(figure_of(e.rounds).median);
        const Entry* const limit = record.limit_of(e);
        std::vector<double> over = record.over_reference(e);
        if (limit != nullptr) over = ratios(e.rounds, limit->rounds);
        if (!over.empty()) cell += fmt::format(" {:.2f}x", figure_of(over).median);
      }
      row.push_back(cell);
    }
    table.rows.push_back(std::move(row));
  }
  table.note =
      "The loops add 1 to the numbers of a record, at the indices of the same rows in their order in memory. "
      "An epoch visits the rows in shuffled order.";
  if (!table.rows.empty()) tables.push_back(std::move(table));
}

/// The training to an objective: a row each for thalweg and for peers.
void add_objective(const Record& record, std::vector<TableText>& tables) {
  TableText table;
  table.title =
      "logistic regression with an l2 to an objective within 1e-3 of the least, 1 thread: ms, for peers "
      "times "
      "thalweg";
  table.columns = {"rows", "training", "ms", "times thalweg"};
  for (const Entry& e : record.entries) {
    if (e.unit != "training") continue;
    const double over = figure_of(record.over_reference(e)).median;
    table.rows.push_back({e.size, e.name, fmt::format("{:.3g}", 1e-6 * figure_of(e.rounds).median),
                          std::isfinite(over) ? fmt::format("{:.3g}", over) : ""});
  }
  table.note =
      "The same rows and objective for all: l2 = 1 / rows, no intercept. Its least value is computed in the "
      "run. Each "
      "trains in the way that a search over its own rates and schedules, or tolerances, found fastest.";
  if (!table.rows.empty()) tables.push_back(std::move(table));
}

std::string markdown_table(const TableText& table) {
  std::string text = table.title.empty() ? "" : fmt::format("\n### {}\n\n", table.title);
  const auto row = [&](const std::vector<std::string>& cells) {
    text += "|";
    for (const std::string& cell : cells) text += " " + cell + (cell.empty() ? "|" : " |");
    text += "\n";
  };
  row(table.columns);
  text += "|";
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    text += i > 0 && table.columns.size() != 4 ? "---:|" : "---|";
  text += "\n";
  for (const auto& cells : table.rows) row(cells);
  if (!table.note.empty()) text += "\n" + table.note + "\n";
  return text;
}

}  // namespace

std::string machine_line(const Record& record) {
  const Machine& m = record.machine;
  return fmt::format("{}; {} {}; caches {}; {}; huge pages: {}; {} ({}); {}", m.processor, m.threads,
                     m.threads == 1 ? "thread" : "threads", m.caches, m.isa, m.huge_pages, m.compiler,
                     m.flags, record.date);
}

std::vector<TableText> tables_of(const Record& record) {
  std::vector<TableText> tables;
  add_kernels(record, tables);
  add_overheads(record, tables);
  add_training(record, tables);
  add_by_threads(record, tables);
  add_sparse(record, tables);
  add_objective(record, tables);
  add_loads(record, tables);
  return tables;
}

TableText goals_table(const std::vector<Goal>& goals) {
  TableText table;
  table.columns = {"goal", "figure", "verdict", "what binds"};
  for (const Goal& goal : goals) table.rows.push_back({goal.what, goal.figure, goal.verdict(), goal.binds});
  return table;
}

std::string markdown_of(const Record& record) {
  std::string text = fmt::format("Made by `{}`.\n{}.\n", record.command, machine_line(record));
  for (const std::string& peer : record.peers) text += fmt::format("- {}\n", peer);
  text += "\n### goals\n\n" + markdown_table(goals_table(goals_of(record)));
  for (const TableText& table : tables_of(record)) text += markdown_table(table);
  for (const std::string& left : record.left_out) text += fmt::format("\nLeft out: {}.\n", left);
  for (const std::string& error : record.errors) text += fmt::format("\nError: {}.\n", error);
  return text;
}

}  // namespace thalweg::bench
