package cmd

import (
	"errors"
	"strconv"

	"github.com/spf13/cobra"
)

// name is a flag that names something, and so cannot be empty: a script whose
// variable is not set means something else.
type name struct{ text *string }

// String returns what was given.
func (n name) String() string {
	if n.text == nil {
		return "" // the flag package asks a zero value for its default
	}
	return *n.text
}

// Set takes a name.
func (n name) Set(text string) error {
	if text == "" {
		return errors.New("it is empty; leave the flag out for the default")
	}
	*n.text = text
	return nil
}

// Type is what the help calls the value.
func (name) Type() string { return "string" }

// number is a flag that counts, from 0 on.
type number[T ~int | ~int64] struct{ value *T }

// String returns what was given.
func (n number[T]) String() string {
	if n.value == nil {
		return "0" // the flag package asks a zero value for its default
	}
	return strconv.FormatInt(int64(*n.value), 10)
}

// Set takes a number.
func (n number[T]) Set(text string) error {
	const decimal, bits = 10, 31 // more than that there never is
	v, err := strconv.ParseUint(text, decimal, bits)
	if err != nil {
		return errors.New("it should be a whole number from 0 to 2147483647")
	}
	*n.value = T(v)
	return nil
}

// Type is what the help calls the value.
func (number[T]) Type() string { return "int" }

// addNumber gives a command a flag that counts.
func addNumber[T ~int | ~int64](cmd *cobra.Command, value *T, name string, byDefault T, usage string) {
	*value = byDefault
	cmd.Flags().Var(number[T]{value}, name, usage)
}
