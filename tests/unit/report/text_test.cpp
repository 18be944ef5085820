// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/text.h"

#include "gimbal/core/error.h"

#include <gtest/gtest.h>

#include <limits>

namespace gimbal {
namespace {

TEST(ReportText, KnowsUtf8) {
  EXPECT_TRUE(is_utf8("a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const char* bad : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE2\x82"})
    EXPECT_FALSE(is_utf8(bad)) << static_cast<int>(bad[0]);
}

TEST(ReportText, HasTheSignsOfPrint) {
  EXPECT_EQ(fixed_text(-1.25, 1),
            "\xE2\x88\x92"
            "1.2");
  EXPECT_EQ(fixed_text(-0.001, 1), "0.0");
  EXPECT_EQ(typeset("1 +- 2, 3 +- 4"), "1 \xC2\xB1 2, 3 \xC2\xB1 4");
}

TEST(ReportText, ShowsAnyBytesSafely) {
  EXPECT_EQ(escape_html("<b a='1' c=\"2\">&"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
  EXPECT_EQ(printable("a\nb\tc"), "a b c");
  EXPECT_EQ(printable(std::string("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "x"),
            "\xEF\xBF\xBDx");  // right-to-left override
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b)
      EXPECT_TRUE(is_utf8(printable(std::string{static_cast<char>(a), static_cast<char>(b)})));
}

TEST(ReportText, Base64ThereAndBack) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("M"), "TQ==");
  EXPECT_EQ(to_base64("Ma"), "TWE=");
  EXPECT_EQ(to_base64("Man"), "TWFu");
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
  EXPECT_THROW(from_base64("TQ="), Error);
  EXPECT_THROW(from_base64("TQ==TQ=="), Error);
  EXPECT_THROW(from_base64("T*=="), Error);
}

TEST(ReportText, NumbersAsPrinted) {
  EXPECT_EQ(fixed(1.25, 1), "1.2");
  EXPECT_EQ(fixed(-0.04, 1), "0.0");
  EXPECT_EQ(fixed(-60.0, 1), "-60.0");
  EXPECT_EQ(fixed(std::numeric_limits<double>::quiet_NaN(), 1), "–");
  EXPECT_EQ(fixed(1e300, 1), "1e+300");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-123), "-123");
  EXPECT_EQ(counted(1, "movie"), "1 movie");
  EXPECT_EQ(counted(1200, "movie"), "1,200 movies");
  EXPECT_EQ(counted(2, "tilt series"), "2 tilt series");
}

TEST(ReportText, ShortensNamesFromTheFront) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcdef", 3), "…ef");
  EXPECT_EQ(shortened("äöüßé", 3), "…ßé");
}

}  // namespace
}  // namespace gimbal
