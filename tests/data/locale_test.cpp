// That numbers are read and shown the same where the locale has a decimal comma and groups digits.

#include <clocale>
#include <locale>

#include <gmock/gmock.h>

#include <thalweg/registry.h>

#include "data/csv.h"
#include "data/libsvm.h"
#include "data/npy.h"
#include "data/temporary.h"

namespace thalweg::data::locale_test {
namespace {

using ::testing::ElementsAre;

class Commas : public std::numpunct<char> {
 protected:
  [[nodiscard]] char do_decimal_point() const override { return ','; }
  [[nodiscard]] char do_thousands_sep() const override { return '.'; }
  [[nodiscard]] std::string do_grouping() const override { return "\3"; }
};

/// C++'s global locale with commas, and C's where the system has one.
class WithCommas : public ::testing::Test {
 protected:
  WithCommas() : before_(std::locale::global(std::locale(std::locale::classic(), new Commas))) {
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"}) {
      if (std::setlocale(LC_ALL, name) != nullptr) break;
    }
  }
  WithCommas(const WithCommas&) = delete;
  WithCommas& operator=(const WithCommas&) = delete;
  ~WithCommas() override {
    std::locale::global(before_);
    std::setlocale(LC_ALL, "C");
  }
  TemporaryFolder folder;

 private:
  std::locale before_;
};

TEST_F(WithCommas, ReadersAndGrammarsDoNotSeeThem) {
  const Table csv = read_csv(folder.file("a.csv", "1.5,-2e3,1.25\n1234567,0.5,2\n"), "");
  EXPECT_THAT(std::get<DenseMatrix>(csv.features).values, ElementsAre(1.5F, -2000, 1234567, 0.5F));
  const Table svm = read_libsvm(folder.file("a.svm", "0.5 1000:1.5 2000:-2.5e-1\n"));
  EXPECT_THAT(std::get<SparseMatrix>(svm.features).value, ElementsAre(1.5F, -0.25F));
  EXPECT_THAT(std::get<SparseMatrix>(svm.features).column, ElementsAre(999, 1999));
  const std::string path = folder.path() + "/a.npy";
  write_npy(path, {{1, 1000}, std::vector<float>(1000, 1.5F)});
  EXPECT_THAT(read_npy(path).shape, ElementsAre(1, 1000));
  EXPECT_EQ(number_text(1234567.25), "1234567.25");
  double value = 0;
  EXPECT_TRUE(parse_number("1234567.25", value));
  EXPECT_EQ(value, 1234567.25);
  EXPECT_FALSE(parse_number("1,5", value));
  EXPECT_EQ(make_rule("adam:lr=1.5e-3,beta2=0.9995").text(), "adam:lr=0.0015,beta2=0.9995");
  EXPECT_EQ(make_schedule("warmup:steps=123456").text(), "warmup:steps=123456");
}

}  // namespace
}  // namespace thalweg::data::locale_test
