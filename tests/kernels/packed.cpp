// Reads the disassembly of the library (objdump -d -C --no-show-raw-insn) and fails unless every kernel is
// there for every instruction set and does its arithmetic on full vectors. It knows no rule
// by name: what has to be there comes from rules.list.

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <thalweg/registry.h>
#include <thalweg/rules.h>

namespace {

#if defined(__x86_64__)
const std::map<std::string, int> sets = {
    {"baseline", 128}, {"v3", 256}, {"v4", 256}};  // narrowest vector, bits
/// Further ones, of some kernels.
const std::map<std::string, int> extensions = {{"v4_bfloat16", 512}};
#else
const std::map<std::string, int> sets = {{"baseline", 128}}, extensions;
#endif

/// A kernel that need not be packed, and why. An entry that is no longer needed fails, too.
struct Exception {
  std::string_view kernel, reason;
};
constexpr std::array<Exception, 0> exceptions{};

struct Instruction {
  std::size_t address = 0;
  std::string text;
};
using Code = std::vector<Instruction>;
using Kernels = std::map<std::string, std::map<std::string, Code>>;  // body, instruction set

/// The text up to the comma or bracket that ends the first template argument.
std::string first_argument(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (depth == 0 && (c == ',' || c == '>')) return std::string(text.substr(0, i));
    if (c == '<' || c == '(') ++depth;
    if (c == '>' || c == ')') --depth;
  }
  return std::string(text);
}

Kernels read(std::istream& in) {
  Kernels found;
  Code* code = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    if (std::isxdigit(static_cast<unsigned char>(line[0])) != 0 && line.back() == ':') {
      code = nullptr;
      constexpr std::string_view run = "thalweg::detail::run_";
      const std::size_t at = line.find(run), bracket = line.find('<', at == std::string::npos ? 0 : at);
      if (at == std::string::npos || bracket == std::string::npos || line.find(".cold") != std::string::npos)
        continue;
      const std::string set = line.substr(at + run.size(), bracket - at - run.size());
      code = &found[first_argument(std::string_view(line).substr(bracket + 1))][set];
    } else if (const std::size_t colon = line.find(":\t"); code != nullptr && colon != std::string::npos) {
      code->push_back({std::stoul(line.substr(0, colon), nullptr, 16), line.substr(colon + 2)});
    }
  }
  return found;
}

/// What an instruction does: the bits of the vectors that it computes with, 0 if it does not compute with
/// vectors.
struct Work {
  int packed_float = 0, packed_other = 0;
  bool scalar = false;
  std::string example{};  ///< an instruction that is scalar
};

[[maybe_unused]] int width(const std::string& text) {
  if (text.find("%zmm") != std::string::npos) return 512;
  if (text.find("%ymm") != std::string::npos || text.find("psy ") != std::string::npos) return 256;
  return 128;
}

Work work_of(const std::string& text) {
#if defined(__x86_64__)
  static const std::regex arithmetic(
      "v?(?:add|sub|mul|div|sqrt|max|min|cmp[a-z_]*|fn?m(?:add|sub)[123]+|rsqrt(?:14)?|rcp(?:14)?|round|"
      "rndscale)"
      "([ps])[sd] .*"),
      other(
          "v?(?:(?:and|andn|or|xor|blend|blendv)p[sd]|cvt\\w*(?:ps|pd|dq|ph)y?|pack[su]\\w+|"
          "p(?:add|sub|mul|sll|srl|sra|and|or|xor|cmp|min|max|abs|blend|tern)\\w*) .*"),
      scalar(
          "v?(?:u?comis[sd]|cvt(?:ss|sd|si|usi)2\\w+|cvtt?s[sd]2\\w+|insertps|extractps|p(?:ins|ext)r[bwdq]) "
          ".*|call .*");
  std::smatch match;
  if (std::regex_match(text, match, arithmetic))
    return match[1] == "p" ? Work{width(text), 0} : Work{0, 0, true, text};
  if (std::regex_match(text, scalar)) return {0, 0, true, text};
  if (std::regex_match(text, other)) return {0, width(text)};
#else
  static const std::regex arithmetic(
      "(?:fadd|fsub|fmul|fn?mul|fdiv|fsqrt|fmax|fmin|fmaxnm|fminnm|fcm..|fac..|fml[as]|fabd)\\s+([vsdh])\\d+."
      "*"),
      other(
          "(?:fabs|fneg|fcvt\\w*|[su]cvtf|add|sub|mul|[su]?shll?2?|[su]shr|xtn2?|[su]xtl2?|and|orr|eor|bsl|"
          "bit|bif|cm."
          ".)"
          "\\s+v\\d+.*"),
      full(".*v\\d+\\.(?:4s|2d|8h|16b).*");
  std::smatch match;
  if (std::regex_match(text, match, arithmetic)) {
    if (match[1] != "v") return {0, 0, true, text};
    return {std::regex_match(text, full) ? 128 : 64, 0};
  }
  if (std::regex_match(text, other)) return {0, std::regex_match(text, full) ? 128 : 64};
  if (text.compare(0, 3, "bl\t") == 0 || text.compare(0, 3, "bl ") == 0) return {0, 0, true, text};
#endif
  return {};
}

/// Which instruction can follow which, by their places in the code.
struct Flow {
  std::vector<std::vector<std::size_t>> next, previous;
};

Flow flow_of(const Code& code) {
#if defined(__x86_64__)
  static const std::regex branch("(?:bnd |notrack )?(j\\w+) +([0-9a-f]+) <.*"),
      leaves("jmp .*|(?:bnd |repz? )?ret.*|ud2.*");
#else
  static const std::regex branch("(b|b\\.\\w+|cbn?z|tbn?z)\\s[^<]*?([0-9a-f]+) <.*"),
      leaves("b\\s.*|ret.*|br\\s.*|brk.*");
#endif
  std::map<std::size_t, std::size_t> place;
  for (std::size_t i = 0; i < code.size(); ++i) place[code[i].address] = i;
  Flow flow{std::vector<std::vector<std::size_t>>(code.size()),
            std::vector<std::vector<std::size_t>>(code.size())};
  const auto connect = [&](std::size_t from, std::size_t to) {
    flow.next[from].push_back(to);
    flow.previous[to].push_back(from);
  };
  for (std::size_t i = 0; i < code.size(); ++i) {
    std::smatch match;
    if (std::regex_match(code[i].text, match, branch)) {
      if (const auto to = place.find(std::stoul(match[2], nullptr, 16)); to != place.end())
        connect(i, to->second);
    }
    if (i + 1 < code.size() && !std::regex_match(code[i].text, leaves)) connect(i, i + 1);
  }
  return flow;
}

/// What can be reached from a place without passing through another.
std::vector<bool> reached(const std::vector<std::vector<std::size_t>>& next, std::size_t from,
                          std::size_t without) {
  std::vector<bool> seen(next.size(), false);
  std::vector<std::size_t> open;
  const auto visit = [&](std::size_t i) {
    if (i == without || seen[i]) return;
    seen[i] = true;
    open.push_back(i);
  };
  for (visit(from); !open.empty();) {
    const std::size_t i = open.back();
    open.pop_back();
    for (const std::size_t j : next[i]) visit(j);
  }
  return seen;
}

struct Loop {
  bool outer = false;  ///< contains another
  Work work;
};

std::vector<Loop> loops_of(const Code& code) {
  const Flow flow = flow_of(code);
  const std::size_t none = code.size();
  const std::vector<bool> alive = reached(flow.next, 0, none);
  std::map<std::size_t, std::vector<bool>> loops;  // by the place at which each is entered: its instructions
  for (std::size_t head = 0; head < code.size(); ++head) {
    if (flow.previous[head].size() < 2) continue;
    const std::vector<bool> around = reached(flow.next, 0, head);
    for (const std::size_t tail : flow.previous[head]) {
      if (!alive[tail] || around[tail]) continue;  // not every way to the tail is through the head
      std::vector<bool> body =
          tail == head ? std::vector<bool>(code.size()) : reached(flow.previous, tail, head);
      body[head] = true;
      std::vector<bool>& loop = loops.try_emplace(head, code.size(), false).first->second;
      for (std::size_t i = 0; i < body.size(); ++i) loop[i] = loop[i] || body[i];
    }
  }
  std::vector<Loop> found;
  for (const auto& [head, body] : loops) {
    const bool outer = std::any_of(
        loops.begin(), loops.end(),
        [&, own = head, &in = body](const auto& other) { return other.first != own && in[other.first]; });
    Work all;
    for (std::size_t i = 0; i < code.size(); ++i) {
      if (!body[i]) continue;
      const Work work = work_of(code[i].text);
      all.packed_float = std::max(all.packed_float, work.packed_float);
      all.packed_other = std::max(all.packed_other, work.packed_other);
      if (work.scalar && !all.scalar) all.example = work.example;
      all.scalar = all.scalar || work.scalar;
    }
    found.push_back({outer, all});
  }
  return found;
}

/// Rules and transforms: a function for every instruction set. Conversions, sums and random numbers beside
/// them may have steps between their loops that are not packed, and other functions for other sets.
bool is_strict(const std::string& body) { return body.compare(0, 17, "thalweg::detail::") == 0; }

/// Whether it does more than copy, numbers into vectors and out of them too.
bool computes(const Code& code) {
  static const std::regex moves("call .*|v?(?:insertps|extractps|p(?:ins|ext)r[bwdq]) .*");
  return std::any_of(code.begin(), code.end(), [](const Instruction& i) {
    const Work work = work_of(i.text);
    return work.packed_float > 0 || work.packed_other > 0 ||
           (work.scalar && !std::regex_match(i.text, moves));
  });
}

/// What is wrong with a kernel; nothing if it is packed. A vector loop may have one scalar loop for what is
/// left over.
std::string fault(const Code& code, const std::string& body, int bits) {
  const bool of_rule = body.find("TransformBody") == std::string::npos;
  int packed = 0, scalar = 0;
  for (const Loop& loop : loops_of(code)) {
    const Work& work = loop.work;
    if (!is_strict(body)) {
      if (std::max(work.packed_float, work.packed_other) >= bits) return {};
      continue;
    }
    if (loop.outer) continue;
    const int vector = of_rule ? work.packed_float : std::max(work.packed_float, work.packed_other);
    if (vector > 0 && work.scalar) return "not only vectors in a vector loop: " + work.example;
    if (vector >= bits) ++packed;
    if (vector == 0 && work.scalar) ++scalar;
  }
  if (!is_strict(body) && !computes(code)) return {};
  if (packed == 0) return "no loop with arithmetic on vectors of " + std::to_string(bits) + " bits";
  if (scalar > packed) return "a loop with scalar arithmetic that is not what a vector loop left over";
  const auto has = [&](const char* name) {
    return std::any_of(code.begin(), code.end(),
                       [&](const Instruction& i) { return i.text.find(name) != std::string::npos; });
  };
  if (body.find("MixedBody") != std::string::npos && bits > 128 && has("sqrtps") && !has("rsqrt14ps"))
    return "all roots are the divider's";
  return {};
}

/// What a kernel is for: different functions may step a rule's form in the same types with different
/// instruction sets. The types are those of parameters, gradients and so on; one name for all if they are
/// equal, float if none is named.
std::string purpose(const std::string& body) {
  static const std::regex step("thalweg::detail::\\w+<thalweg::(\\w+), (\\d+)(.*)>"),
      number("(?:float|double|bfloat16|float16)\\b");
  std::smatch match;
  if (!std::regex_match(body, match, step)) return body;
  const std::string rest = match[3];
  std::vector<std::string> types;
  for (std::sregex_iterator i(rest.begin(), rest.end(), number), end; i != end; ++i)
    types.push_back(i->str());
  if (types.empty()) types.emplace_back("float");
  std::string text = match[1].str() + ", form " + match[2].str() + ", " + types[0];
  if (std::set<std::string>(types.begin(), types.end()).size() > 1) {
    for (std::size_t i = 1; i < types.size(); ++i) text += " " + types[i];
  }
  return text;
}

/// Which instruction sets there are for what; only for rules and transforms.
using Served = std::map<std::string, std::set<std::string>>;

/// Enters what rules.list makes necessary, so that it is missed where it is not there.
template <class Rule>
void expect(const std::string& name, Served& served) {
  const thalweg::detail::RuleInfo& info = thalweg::detail::rule_info<Rule>();
  for (const std::string type : {"float", "double"}) {
    for (std::size_t form = 0; form < info.forms.size(); ++form)
      served[name + ", form " + std::to_string(form) + ", " + type];
    if (info.sum_count > 0) served["thalweg::detail::MeasureBody<thalweg::" + name + ", " + type + ">"];
    if constexpr (requires(const Rule& rule) { rule.looks_ahead(); })
      served["thalweg::detail::LookAheadBody<thalweg::" + name + ", " + type + ">"];
  }
}

}  // namespace

int main() {
  const Kernels kernels = read(std::cin);
  if (kernels.empty()) {
    std::cout
        << "skipped: the library has no kernel that objdump can show (built for link-time optimization?)\n";
    return 77;
  }
  Served served;
#define THALWEG_EXPECT(RULE) expect<thalweg::RULE>(#RULE, served);
  THALWEG_RULES(THALWEG_EXPECT)

  std::vector<std::string> faults;
  std::size_t functions = 0;
  std::set<std::string_view> needed;
  auto all_sets = sets;
  all_sets.insert(extensions.begin(), extensions.end());
  for (const auto& [body, by_set] : kernels) {
    for (const auto& [set, bits] : all_sets) {
      const auto code = by_set.find(set);
      if (is_strict(body)) served[purpose(body)];
      if (code == by_set.end()) continue;
      if (is_strict(body)) served[purpose(body)].insert(set);
      ++functions;
      const std::string wrong = fault(code->second, body, bits);
      if (wrong.empty()) continue;
      const auto exception = std::find_if(
          exceptions.begin(), exceptions.end(),
          [&, &name = body](const Exception& e) { return name.find(e.kernel) != std::string::npos; });
      if (exception != exceptions.end())
        needed.insert(exception->kernel);
      else
        faults.push_back(body + ", " + set + ": " + wrong);
    }
  }
  for (const auto& [what, found] : served) {
    for (const auto& [set, bits] : sets) {
      if (found.count(set) == 0) faults.push_back(what + ", " + set + ": there is no such kernel");
    }
  }
  for (const Exception& e : exceptions) {
    if (needed.count(e.kernel) == 0)
      faults.push_back(std::string(e.kernel) + ": is packed now; take it off the exceptions");
    else
      std::cout << "not packed: " << e.kernel << ">: " << e.reason << '\n';
  }
  for (const std::string& line : faults) std::cout << line << '\n';
  std::cout << kernels.size() << " kernels, " << functions << " functions, " << faults.size() << " faults\n";
  return faults.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}
