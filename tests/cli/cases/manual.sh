# SPDX-License-Identifier: GPL-3.0-or-later
# Man pages and the completion for bash, which the program writes itself.
commands=$(gimbal help --commands)
expect_code 0 gimbal help --man
for command in $commands; do expect_out "gimbal\\-${command//-/\\-}"; done
cp out gimbal.1
for command in $commands; do gimbal help --man "$command" >"gimbal-$command.1"; done
expect_code 2 gimbal help --man no_such_command
expect_quiet

# Every option and example of a command, as typed: no dash or quote has become a typographic one.
if command -v man >/dev/null; then
  for page in *.1; do
    MANWIDTH=300 LC_ALL=C.UTF-8 man --warnings -l "$page" 2>warnings >text || failed "man cannot show $page"
    [ ! -s warnings ] || { cat warnings >&2; failed "$page is not clean"; }
    col -b <text >"$page.txt" 2>/dev/null || sed 's/.\x08//g' text >"$page.txt"
    command=${page#gimbal-} command=${command%.1}
    [ "$page" != gimbal.1 ] || continue
    gimbal help --markdown "$command" | sed -n 's/^| `\(--[a-z0-9_]*\)`.*/\1/p' | while read -r option; do
      finds -- "^ *$option" <"$page.txt" || failed "$page does not show $option"
    done
    gimbal help --markdown "$command" | sed -n '/^## Examples/,$ s/^    //p' | while read -r example; do
      finds -F -- "$example" <"$page.txt" || failed "$page does not show: $example"
    done
  done
fi

# Completion: commands, options, and what an option can be.
gimbal help --bash >completion
complete_words() {
  bash -c '. ./completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gimbal; echo "${COMPREPLY[*]}"' _ "$@"
}
[ "$(complete_words gimbal mot)" = motion ]
[ "$(complete_words gimbal motion --eer_g)" = --eer_grouping ]
[ "$(complete_words gimbal help rec)" = reconstruct ]
[ "$(complete_words gimbal align --method imod_)" = "imod_fiducials imod_patches" ]
[ -z "$(complete_words gimbal motion --i Imp)" ] # files: bash's own
