#pragma once

#include <string>

#include "messages/messages.h"

namespace thalweg::cli {

class Arguments;

/// --lang, which every command has that tells things in words.
struct LanguageOption {
  std::string name;  ///< "": that of the environment

  void declare(Arguments& arguments);
  /// Throws a usage Error for a language that there is not.
  [[nodiscard]] messages::Language language() const;
};

}  // namespace thalweg::cli
