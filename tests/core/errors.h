#pragma once

#include <string>

#include <gmock/gmock.h>

#include <thalweg/error.h>

namespace thalweg::test {

/// The text of the usage Error that `action` throws, or a text that matches nothing.
template <class Action>
std::string usage_error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    if (error.kind != Error::Kind::usage) return std::string("(an input error) ") + error.what();
    return error.what();
  } catch (const std::exception& other) {
    return std::string("(another exception) ") + other.what();
  }
  return "(no exception)";
}

}  // namespace thalweg::test

#define EXPECT_USAGE_ERROR(action, text) \
  EXPECT_EQ(thalweg::test::usage_error_of([&] { static_cast<void>(action); }), text)
#define EXPECT_USAGE_ERROR_WITH(action, matcher) \
  EXPECT_THAT(thalweg::test::usage_error_of([&] { static_cast<void>(action); }), matcher)
