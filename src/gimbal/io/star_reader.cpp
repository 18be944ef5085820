// SPDX-License-Identifier: GPL-3.0-or-later
// Reading of STAR files: a CIF parser, after a pass over the lines that keeps the comments (the
// parser drops them) and quotes what STAR's writers leave bare but CIF does not allow.
#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/io/cif.h"
#include "gimbal/io/star.h"

#include <algorithm>
#include <set>

namespace gimbal {

class StarReader {
 public:
  static StarTable table(CifBlock& block, std::vector<std::string> comments,
                         const std::string& source);
};

namespace {

std::size_t skip_quoted(std::string_view line, std::size_t at) {
  const char quote = line[at++];
  while (at < line.size() && !(line[at] == quote && (at + 1 == line.size() || line[at + 1] == ' ' ||
                                                     line[at + 1] == '\t')))
    ++at;
  return std::min(at + 1, line.size());
}

// Words of one line, quotes included; a comment ends it and is returned apart.
struct Line {
  std::vector<std::string_view> words;
  std::string_view comment;
};

Line split_line(std::string_view line) {
  Line result;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t\r", at)) != std::string_view::npos) {
    if (line[at] == '#') {
      result.comment = trim(line.substr(at));
      break;
    }
    std::size_t end = line[at] == '"' || line[at] == '\''
                          ? skip_quoted(line, at)
                          : std::min(line.find_first_of(" \t\r", at), line.size());
    result.words.push_back(line.substr(at, end - at));
    at = end;
  }
  return result;
}

bool is_block_name(std::string_view word) {
  return word.size() >= 5 && iequals(word.substr(0, 5), "data_");
}

// STAR's writers leave bare what CIF wants quoted: names such as data_may/x.mrc, which would start
// a block, and letters beyond ASCII.
bool needs_quotes(std::string_view word) {
  if (word.front() == '"' || word.front() == '\'') return false;
  return is_reserved_word(word) || word.front() == '$' ||
         std::any_of(word.begin(), word.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// data_name, loop_ and the like, alone or followed by labels.
bool is_heading(const Line& line) {
  const auto& words = line.words;
  const bool keyword = is_block_name(words[0]) || iequals(words[0], "loop_") ||
                       iequals(words[0], "stop_") || iequals(words[0], "global_");
  return keyword && (words.size() == 1 || words[1].front() == '_' || iequals(words[1], "loop_"));
}

// The line with such values quoted; empty when it is fine as it is.
std::string with_quotes(const Line& line) {
  const auto& words = line.words;
  const auto values = words.begin() + (words[0].front() == '_' ? 1 : 0);
  if (is_heading(line) || std::none_of(values, words.end(), needs_quotes)) return {};
  std::string out;
  for (auto word = words.begin(); word != words.end(); ++word) {
    const bool quote = word >= values && needs_quotes(*word);
    const std::string_view mark = !quote                                      ? ""
                                  : word->find('"') == std::string_view::npos ? "\""
                                                                              : "'";
    out.append(mark).append(*word).append(mark).append(" ");
  }
  return out;
}

// The text for the parser (same line numbers), and the comments that belong to each block: those
// above its name, and those inside of it.
struct Prepared {
  std::string text;
  std::vector<std::vector<std::string>> comments;
};

class Preparation {
 public:
  explicit Preparation(const std::string& text) {
    result_.text.reserve(text.size() + 1);
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      add(std::string_view(text).substr(at, end - at));
      result_.text += '\n';
      at = end + 1;
    }
    keep_pending();
  }
  Prepared result() { return std::move(result_); }

 private:
  void add(std::string_view line) {
    if (!line.empty() && line.front() == ';') {
      keep_pending();
      in_text_field_ = !in_text_field_;
      if (!in_text_field_) {  // values may follow
        result_.text += "; ";
        line.remove_prefix(1);
      }
    }
    if (in_text_field_)
      result_.text += line;
    else
      add_words(line);
  }

  void add_words(std::string_view line) {
    const Line parts = split_line(line);
    if (parts.words.empty()) {
      if (!parts.comment.empty()) pending_.emplace_back(parts.comment);
      return;
    }
    const std::string repaired = with_quotes(parts);
    if (repaired.empty() && is_block_name(parts.words.front()))
      result_.comments.push_back(std::move(pending_)), pending_.clear();
    else
      keep_pending();
    keep_note(parts);
    result_.text += repaired.empty() ? line : std::string_view(repaired);
  }

  // "_rlnTomoName #1" is numbering, not a comment.
  void keep_note(const Line& parts) {
    const bool numbering =
        parts.words.front().front() == '_' && parts.words.size() == 1 &&
        (parts.comment.size() < 2 || parse_int(parts.comment.substr(1)).has_value());
    if (!parts.comment.empty() && !numbering && !result_.comments.empty())
      result_.comments.back().emplace_back(parts.comment);
  }

  void keep_pending() {
    if (pending_.empty() || result_.comments.empty()) return;
    auto& kept = result_.comments.back();
    kept.insert(kept.end(), pending_.begin(), pending_.end());
    pending_.clear();
  }

  Prepared result_;
  std::vector<std::string> pending_;
  bool in_text_field_ = false;
};

// The parser's error for a ragged loop names its end; users need the first line that is wrong.
std::string ragged_line(const std::string& text, int loop_line) {
  int number = 0;
  std::size_t labels = 0;
  bool in_rows = false;
  for (const auto line : split(text, '\n')) {
    if (++number <= loop_line) continue;
    const auto words = split_line(line).words;
    if (words.empty()) continue;
    if (!in_rows && words[0].front() == '_') {
      ++labels;
      continue;
    }
    in_rows = true;
    if (is_block_name(words[0]) || iequals(words[0], "loop_")) break;
    if (words.size() != labels)
      return fmt::format("line {} has {} values, but the loop has {} columns", number, words.size(),
                         labels);
  }
  return {};
}

int last_loop_line(const std::string& text, int until_line) {
  int number = 0, found = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    if (number > until_line) break;
    if (iequals(trim(line), "loop_")) found = number;
  }
  return found;
}

std::vector<CifBlock> parse_blocks(const std::string& text, const std::string& source) {
  try {
    return parse_cif(text);
  } catch (const CifError& error) {
    const auto detail = error.ragged ? ragged_line(text, last_loop_line(text, error.line)) : "";
    if (!detail.empty()) fail("{}: {}; correct or remove that row", source, detail);
    fail("{}: line {}: {}", source, error.line, error.what());
  }
}

// Lines may end as Windows ends them.
std::string with_unix_line_ends(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || (i + 1 < text.size() && text[i + 1] != '\n')) out += text[i];
  return out;
}

// Control characters mean damage, or a binary file.
void check_characters(const std::string& text, const std::string& source) {
  const auto is_wrong = [](unsigned char c) {
    return (c < ' ' && c != '\t' && c != '\n') || c == 127;
  };
  const auto found = std::find_if(text.begin(), text.end(), is_wrong);
  if (found == text.end()) return;
  fail(
      "{}: line {}: holds the control character {:#04x} at byte {}: it is damaged, or not a text "
      "file",
      source, 1 + std::count(text.begin(), found, '\n'),
      static_cast<int>(static_cast<unsigned char>(*found)), found - text.begin());
}

void check_labels(const StarTable& table, int line, const std::string& source) {
  std::set<std::string_view> seen;
  for (const auto& label : table.labels())
    if (!seen.insert(label).second)
      fail("{}: the block data_{} (line {}) has the column _{} twice", source, table.name, line,
           label);
}

}  // namespace

StarTable StarReader::table(CifBlock& block, std::vector<std::string> comments,
                            const std::string& source) {
  StarTable table(StarTable::Shape::list, block.name);
  table.comments = std::move(comments);
  for (auto& item : block.items) {
    const bool first = table.labels_.empty();
    if (!first && (item.loop || table.shape_ == StarTable::Shape::loop))
      fail("{}: line {}: the block data_{} holds more than one table; put each into its own block",
           source, item.line, table.name);
    if (item.values.empty() && !item.loop)
      fail("{}: line {}: {} has no value", source, item.line, item.tags.front());
    if (item.loop) table.shape_ = StarTable::Shape::loop;
    for (const auto& tag : item.tags) table.labels_.push_back(tag.substr(1));
    table.n_rows_ = item.values.size() / item.tags.size();
    if (first)
      table.values_ = std::move(item.values);
    else
      table.values_.push_back(std::move(item.values.front()));
  }
  table.padding_.resize(table.labels_.size(), StarTable::Padding::automatic);
  check_labels(table, block.items.empty() ? 0 : block.items.front().line, source);
  return table;
}

StarDocument parse_star(const std::string& original, const std::string& source) {
  const std::string text = with_unix_line_ends(original);
  if (trim(text).empty()) fail("{} is empty; expected a STAR file with a data_ block", source);
  check_characters(text, source);
  Prepared prepared = Preparation(text).result();
  auto blocks = parse_blocks(prepared.text, source);
  if (blocks.empty()) fail("{} has no data_ block: it is not a STAR file, or it is cut", source);
  prepared.comments.resize(blocks.size());
  StarDocument document{source, {}};
  std::set<std::string> names;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    document.tables.push_back(
        StarReader::table(blocks[i], std::move(prepared.comments[i]), source));
    if (!names.insert(document.tables.back().name).second)
      fail("{} has two blocks named data_{}", source, document.tables.back().name);
  }
  return document;
}

}  // namespace gimbal
