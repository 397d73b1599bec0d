// make_page RESULTS LANGUAGE PAGE: the page of a results.json, as `thalweg compare` writes it beside one.
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>

#include "report/page.h"

int main(int count, char** arguments) try {
  if (count != 4) throw std::invalid_argument("usage: make_page RESULTS LANGUAGE PAGE");
  std::ifstream file(arguments[1], std::ios::binary);
  std::stringstream results;
  results << file.rdbuf();
  std::ofstream page(arguments[3], std::ios::binary);
  page << thalweg::report::report_page(results.str(), thalweg::messages::parse_language(arguments[2]));
  return page.flush() ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
