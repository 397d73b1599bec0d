#include "cli/interruption.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace thalweg::cli {
namespace {

std::atomic<int> noted{0};
static_assert(std::atomic<int>::is_always_lock_free);  // a signal handler may write it

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

/// Whichever comes next ends the process.
void note(int signal) {
  noted = signal;
  handle(SIG_DFL);
}

}  // namespace

Interruption::Interruption() {
  noted = 0;
  handle(note);
}

Interruption::~Interruption() { handle(SIG_DFL); }

bool Interruption::was_noted() { return noted != 0; }

void Interruption::check() {
  if (was_noted()) throw Interrupted{};
}

void Interruption::end() {
  std::fflush(nullptr);
  const int signal = noted;
  handle(SIG_DFL);
  std::raise(signal);
  std::_Exit(128 + signal);
}

}  // namespace thalweg::cli
