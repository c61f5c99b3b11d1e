package query

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
)

// maxProgram bounds the program that a regular expression becomes: \pL{1000} is short to write.
const maxProgram = 10_000

// checkPattern returns why a regular expression is none, or is too much work.
func checkPattern(pattern string) error {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if e := (*syntax.Error)(nil); errors.As(err, &e) {
		return errors.New(string(e.Code))
	}
	if err != nil {
		return err
	}
	if n := size(tree); n > maxProgram {
		return fmt.Errorf("its repetitions make %d steps, 10000 are allowed", n)
	}
	_, err = regexp.Compile(pattern)
	return err
}

// size estimates how many instructions an expression becomes once its repetitions are written out.
func size(tree *syntax.Regexp) int {
	n := 1 + len(tree.Rune)
	for _, sub := range tree.Sub {
		n += size(sub)
	}
	if tree.Op == syntax.OpRepeat {
		n *= max(tree.Min, tree.Max, 1)
	}
	return min(n, 1<<40)
}
