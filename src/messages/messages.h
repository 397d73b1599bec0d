#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace thalweg::messages {

// What people read, in three languages. Each language has one file here: an object per subject, from the
// message's id to its text, in which {name} stands for a value. The subject "explain" is keyed by the English
// text itself, because that text stands where the thing is declared (a rule's card, a key's meaning).

enum class Language { english, traditional_chinese, simplified_chinese };
inline constexpr std::array all_languages{Language::english, Language::traditional_chinese,
                                          Language::simplified_chinese};

/// "en", "zh-Hant", "zh-Hans": as BCP 47 has it, and an HTML page's lang.
[[nodiscard]] const char* tag(Language language);

/// The language of a tag or a locale's name, in any case: "zh-Hant", "zh_TW.UTF-8", "en-GB", "C". Throws a
/// usage Error for others.
[[nodiscard]] Language parse_language(std::string_view name);

/// The language of LC_ALL, LC_MESSAGES or LANG, the first that is set; English where it is another.
[[nodiscard]] Language language_of_environment();

/// The text of "subject.id". A message that does not exist is the programmer's error: std::out_of_range.
[[nodiscard]] std::string_view text(Language language, std::string_view id);

/// The text with its {name} fields filled in: format(language, "train.done", fmt::arg("steps", 12)).
template <class... Arguments>
[[nodiscard]] std::string format(Language language, std::string_view id, const Arguments&... arguments) {
  return fmt::vformat(text(language, id), fmt::make_format_args(arguments...));
}

/// The translation of an English text that stands in a declaration; the text itself in English, or where
/// there is nothing to translate (an empty text).
[[nodiscard]] std::string_view translated(Language language, std::string_view english);
/// Whether translated() has it.
[[nodiscard]] bool has_translation(Language language, std::string_view english);

/// All messages of a subject as a JSON object, for a page.
[[nodiscard]] std::string catalog(Language language, std::string_view subject);

}  // namespace thalweg::messages
