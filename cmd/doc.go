// Package cmd is the command line. Each noun has its file; what all commands
// share lies in streams.go (the terminal), printer.go and table.go (text for
// people), output.go (JSON for programs), factory.go (what a command may ask
// for) and run.go (errors and exit codes).
//
// A command never touches the process's own streams, clock or environment: it
// gets them from the [Process] that main hands to [Run].
//
//go:generate go run ./internal/reference ..
package cmd
