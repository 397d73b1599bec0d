// Functions that have the same bits on every machine, against values computed with 70 digits (Python's
// decimal) and rounded once. Half of the arguments are ones for which glibc 2.36 has another last bit without
// FMA.

#include <cmath>
#include <initializer_list>
#include <limits>

#include <gmock/gmock.h>

#include <thalweg/portable.h>

namespace thalweg::portable_test {
namespace {

struct Known {
  double x, value;
};

TEST(Portable, Exp) {
  for (const Known& known : std::initializer_list<Known>{{0x0.0p+0, 0x1.0000000000000p+0},
                                                         {0x1.0000000000000p+0, 0x1.5bf0a8b145769p+1},
                                                         {-0x1.0000000000000p+0, 0x1.78b56362cef38p-2},
                                                         {0x1.56e1fc2f8f359p-997, 0x1.0000000000000p+0},
                                                         {-0x1.7480000000000p+9, 0x0.0000000000001p-1022},
                                                         {0x1.62c0000000000p+9, 0x1.81e9b4b52d0c9p+1023},
                                                         {0x1.2a00000000000p+5, 0x1.abae41f425f94p+53},
                                                         {-0x1.8548a9bcfd4bfp-9, 0x1.fe7b4b2e428ecp-1},
                                                         {-0x1.8ca0e410b630ap+0, 0x1.b2f9a5cce7d3cp-3},
                                                         {-0x1.938c5436b8f9bp+1, 0x1.5e1750f98b514p-5},
                                                         {-0x1.32aea747d805ep+2, 0x1.0fdce3b019a6cp-7},
                                                         {-0x1.aad7c6fbd273cp+2, 0x1.4cb22f0486309p-10},
                                                         {-0x1.099b52007dd44p+3, 0x1.0488b853a6dc0p-12}})
    EXPECT_EQ(portable::exp(known.x), known.value) << known.x;
}

TEST(Portable, Expm1) {
  for (const Known& known : std::initializer_list<Known>{{0x1.56e1fc2f8f359p-997, 0x1.56e1fc2f8f359p-997},
                                                         {-0x1.12e0be826d695p-30, -0x1.12e0be801f1d9p-30},
                                                         {0x1.0000000000000p-1, 0x1.4c2531c3c0d38p-1},
                                                         {0x1.4000000000000p+5, 0x1.a220d397972ebp+57},
                                                         {0x1.9000000000000p+7, 0x1.73f60ea79f5b9p+288},
                                                         {-0x1.9000000000000p+5, -0x1.0000000000000p+0},
                                                         {-0x1.32d4d4024b33dp-5, -0x1.2d280000ddca9p-5},
                                                         {-0x1.c22e5de15ca6cp-3, -0x1.94232da69095dp-3},
                                                         {-0x1.0bd7b2031ceafp-2, -0x1.d75b11464a7b3p-3},
                                                         {-0x1.3a122fad6cb53p-2, -0x1.0e79ace145785p-2},
                                                         {-0x1.623a29c779a6bp-2, -0x1.2b73ef906106dp-2},
                                                         {-0x1.de5fd8adab9f6p-1, -0x1.36dc3d7f41addp-1}})
    EXPECT_EQ(portable::expm1(known.x), known.value) << known.x;
}

TEST(Portable, Log) {
  for (const Known& known : std::initializer_list<Known>{{0x1.0000000000000p+0, 0x0.0p+0},
                                                         {0x1.eb851eb851eb8p-1, -0x1.4e69ed6d80eb3p-5},
                                                         {0x1.0000000000000p+1, 0x1.62e42fefa39efp-1},
                                                         {0x1.0000000000001p+0, 0x1.fffffffffffffp-53},
                                                         {0x1.fffffffffffffp-1, -0x1.0000000000000p-53},
                                                         {0x0.0000000000001p-1022, -0x1.74385446d71c3p+9},
                                                         {0x1.e42d130773b76p+1023, 0x1.62dd08fdc6f88p+9},
                                                         {0x1.0c804102ff8ecp-7, -0x1.337a856c94bc8p+2},
                                                         {0x1.f2dc6e2a80064p-2, -0x1.7033aaf07931fp-1},
                                                         {0x1.602c0a4a05dd9p-1, -0x1.7f2f8dd1f7cfcp-2},
                                                         {0x1.9ebf01322f273p-1, -0x1.af6d7f95cf819p-3},
                                                         {0x1.c63d1cc100e6bp-1, -0x1.ea4c61e6fb7bdp-4},
                                                         {0x1.d37824d4cb9edp-1, -0x1.74b2e56fc221dp-4}})
    EXPECT_EQ(portable::log(known.x), known.value) << known.x;
}

TEST(Portable, CosPi) {
  for (const Known& known : std::initializer_list<Known>{{0x0.0p+0, 0x1.0000000000000p+0},
                                                         {0x1.0000000000000p-2, 0x1.6a09e667f3bcdp-1},
                                                         {0x1.5555555555555p-2, 0x1.0000000000000p-1},
                                                         {0x1.8000000000000p-1, -0x1.6a09e667f3bcdp-1},
                                                         {0x1.0000000000000p+0, -0x1.0000000000000p+0},
                                                         {0x1.12e0be826d695p-30, 0x1.0000000000000p+0},
                                                         {0x1.0000000002000p-1, -0x1.921fb54442d18p-39},
                                                         {0x1.999999999999ap-4, 0x1.e6f0e134454ffp-1},
                                                         {0x1.ccccccccccccdp-1, -0x1.e6f0e13445500p-1}})
    EXPECT_EQ(portable::cos_pi(known.x), known.value) << known.x;
}

TEST(Portable, Pow) {
  struct Power {
    double x, y, value;
  };
  for (const Power& known :
       std::initializer_list<Power>{{0x1.ccccccccccccdp-1, 0x1.f400000000000p+9, 0x1.fee7413dac341p-153},
                                    {0x1.0000000000000p-1, 0x1.0c80000000000p+10, 0x0.0000000000001p-1022},
                                    {0x1.8000000000000p+1, 0x1.0800000000000p+5, 0x1.3bfefa65abb83p+52},
                                    {0x1.0000000000001p+0, 0x1.c6bf526340000p+49, 0x1.3fa60615291eep+0},
                                    {0x1.0000000000000p+1, 0x1.0000000000000p-1, 0x1.6a09e667f3bcdp+0},
                                    {0x1.f0a3d70a3d70ap-1, -0x1.4000000000000p+1, 0x1.14415bcb38b44p+0},
                                    {0x1.01d0000000000p+12, 0x1.199999999999ap-1, 0x1.8588329abd45fp+6},
                                    {0x1.7096000000000p+17, 0x1.199999999999ap-1, 0x1.8eb7904098dc4p+9},
                                    {0x1.65ec400000000p+18, 0x1.199999999999ap-1, 0x1.1f34005e2420ep+10},
                                    {0x1.19ef000000000p+19, 0x1.199999999999ap-1, 0x1.70c4648747c53p+10},
                                    {0x1.62d4200000000p+19, 0x1.199999999999ap-1, 0x1.a27c9cda2b448p+10},
                                    {0x1.a6da000000000p+19, 0x1.199999999999ap-1, 0x1.ccddbeac1884ep+10},
                                    {0x1.3db7f1737542ap-12, 0x1.ccccccccccccdp-1, 0x1.652a1c84deefbp-11},
                                    {0x1.6caf709b738e7p-3, 0x1.ccccccccccccdp-1, 0x1.b15edf4d6ac45p-3},
                                    {0x1.6a20578e5c4ebp-2, 0x1.ccccccccccccdp-1, 0x1.91cb6aded80efp-2},
                                    {0x1.0c36b8f9b1316p-1, 0x1.ccccccccccccdp-1, 0x1.1e20b2ba1e63fp-1},
                                    {0x1.729691a75cd0bp-1, 0x1.ccccccccccccdp-1, 0x1.7ec3332b1c08ap-1},
                                    {0x1.be7afa7221858p-1, 0x1.ccccccccccccdp-1, 0x1.c4a2d4374d9d0p-1}})
    EXPECT_EQ(portable::pow(known.x, known.y), known.value) << known.x << " ^ " << known.y;
}

TEST(Portable, EndsOfTheRanges) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(portable::exp(710), infinity);
  EXPECT_EQ(portable::exp(infinity), infinity);
  EXPECT_EQ(portable::exp(-746), 0);
  EXPECT_EQ(portable::exp(-infinity), 0);
  EXPECT_TRUE(std::isnan(portable::exp(nan)));
  EXPECT_EQ(portable::expm1(0), 0);
  EXPECT_EQ(portable::expm1(-1000), -1);
  EXPECT_EQ(portable::expm1(1000), infinity);
  EXPECT_TRUE(std::isnan(portable::expm1(nan)));
  EXPECT_EQ(portable::log(0), -infinity);
  EXPECT_EQ(portable::log(infinity), infinity);
  EXPECT_TRUE(std::isnan(portable::log(-1)));
  EXPECT_TRUE(std::isnan(portable::log(nan)));
  EXPECT_EQ(portable::pow(0, 0), 1);
  EXPECT_EQ(portable::pow(0, 2), 0);
  EXPECT_EQ(portable::pow(0, -1), infinity);
  EXPECT_EQ(portable::pow(1, infinity), 1);
  EXPECT_EQ(portable::pow(0.5, infinity), 0);
  EXPECT_EQ(portable::pow(0.5, 1e300), 0);
  EXPECT_EQ(portable::pow(2, 1e300), infinity);
  EXPECT_TRUE(std::isnan(portable::pow(nan, 2)));
  EXPECT_TRUE(std::isnan(portable::pow(2, nan)));
  EXPECT_EQ(portable::cos_pi(0.5), 0);
}

}  // namespace
}  // namespace thalweg::portable_test
