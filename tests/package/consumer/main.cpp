// A user's program: it knows nothing of thalweg but the installed headers.
#include <iostream>

#include <thalweg/error.h>

int main() {
  const std::string name = thalweg::nearest_name("adm", {"sgd", "adam"});
  std::cout << name << '\n';
  return name == "adam" ? 0 : 1;
}
