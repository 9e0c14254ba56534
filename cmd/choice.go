package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
)

// choice is a flag that takes one of a few values.
type choice[T ~string] struct {
	value *T
	valid []T
}

// String returns the value.
func (c choice[T]) String() string {
	if c.value == nil {
		return "" // the flag package asks a zero choice for its default
	}
	return string(*c.value)
}

// Type is what the help calls the value.
func (choice[T]) Type() string { return "string" }

// Set takes a value if it is one of the choices.
func (c choice[T]) Set(text string) error {
	value := T(strings.ToLower(text))
	if !slices.Contains(c.valid, value) {
		e := fmt.Errorf("it is one of %s", joinWords(c.valid))
		if near := fault.Nearest(text, words(c.valid)); near != "" {
			e = fmt.Errorf("%w; did you mean %s?", e, near)
		}
		return e
	}
	*c.value = value
	return nil
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

func joinWords[T ~string](list []T) string { return strings.Join(words(list), ", ") }

// addChoice gives a command a flag that takes one of a few values, which are
// shown in the help and completed.
func addChoice[T ~string](cmd *cobra.Command, value *T, name, usage string, valid []T) {
	cmd.Flags().Var(choice[T]{value, valid}, name, usage+" ("+joinWords(valid)+")")
	_ = cmd.RegisterFlagCompletionFunc(name, // the flag was defined above
		cobra.FixedCompletions(words(valid), cobra.ShellCompDirectiveNoFileComp))
}

// changed returns a pointer to a value if its flag was given, otherwise nil.
func changed[T any](cmd *cobra.Command, name string, value T) *T {
	if !cmd.Flags().Changed(name) {
		return nil
	}
	return &value
}
