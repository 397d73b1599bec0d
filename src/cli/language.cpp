#include "cli/language.h"

#include <thalweg/error.h>

#include "cli/arguments.h"

namespace thalweg::cli {

void LanguageOption::declare(Arguments& arguments) {
  arguments.text("--lang", "LANGUAGE", name,
                 "en, zh-Hant or zh-Hans; left out: as LC_ALL, LC_MESSAGES or LANG say");
}

messages::Language LanguageOption::language() const {
  if (name.empty()) return messages::language_of_environment();
  try {
    return messages::parse_language(name);
  } catch (const Error& error) {
    throw usage_error("--lang", name, error.constraint);
  }
}

}  // namespace thalweg::cli
