#include "bench/record.h"

#include <algorithm>

namespace thalweg::bench {

const Entry* Record::find(std::string_view group, std::string_view name, std::string_view size,
                          std::string_view precision, std::size_t threads) const {
  for (const Entry& e : entries) {
    if (e.group == group && e.name == name && e.size == size &&
        (precision.empty() || e.precision == precision) && (threads == 0 || e.threads == threads))
      return &e;
  }
  return nullptr;
}

namespace {

const Entry* beside(const Record& record, const Entry& entry, const std::string& name, bool limit) {
  if (name.empty()) return nullptr;
  for (const Entry& e : record.entries) {
    if (e.set == entry.set && e.name == name && (e.group == "limit") == limit && e.threads == entry.threads &&
        e.size == entry.size && e.precision == entry.precision)
      return &e;
  }
  return nullptr;
}

}  // namespace

const Entry* Record::limit_of(const Entry& entry) const { return beside(*this, entry, entry.limit, true); }

const Entry* Record::reference_of(const Entry& entry) const {
  return beside(*this, entry, entry.reference, false);
}

std::vector<double> Record::shares(const Entry& entry) const {
  const Entry* limit = limit_of(entry);
  if (limit == nullptr) return {};
  std::vector<double> all = ratios(limit->rounds, entry.rounds);
  if (entry.bytes > 0 && limit->bytes > 0) {
    for (double& share : all) share *= entry.bytes / limit->bytes;
  }
  return all;
}

std::vector<double> Record::over_reference(const Entry& entry) const {
  const Entry* reference = reference_of(entry);
  return reference == nullptr ? std::vector<double>{} : ratios(entry.rounds, reference->rounds);
}

std::vector<std::string> Record::sizes() const {
  std::vector<std::string> all;
  for (const Entry& e : entries) {
    if (e.unit == "parameter" && std::find(all.begin(), all.end(), e.size) == all.end())
      all.push_back(e.size);
  }
  return all;
}

}  // namespace thalweg::bench
