package cluster

import (
	"errors"
	"fmt"
)

// The codes of the errors that this package returns. They never change once
// released.
const (
	// CodePostgresNotFound: no PostgreSQL server binaries of a usable version.
	CodePostgresNotFound = "postgres_not_found"
	// CodeVersionMismatch: the data was made by a major version that is not installed.
	CodeVersionMismatch = "version_mismatch"
	// CodeNetworkFS: the data directory is on a network or FUSE file system.
	CodeNetworkFS = "data_dir_network_fs"
	// CodeDataDirUnusable: the data directory cannot be created, read or written.
	CodeDataDirUnusable = "data_dir_unusable"
	// CodeSocketDirUnsafe: the socket directory belongs to somebody else or is open to others.
	CodeSocketDirUnsafe = "socket_dir_unsafe"
	// CodeNotTraversable: the server's user may not enter a parent of the data directory.
	CodeNotTraversable = "not_traversable"
	// CodeNoHome: there is no place for the data.
	CodeNoHome = "no_home"
	// CodeNoServerUser: started as root, and there is no account to run the server as.
	CodeNoServerUser = "no_server_user"
	// CodeOtherHost: another machine or container may be running on the same data.
	CodeOtherHost = "data_dir_other_host"
	// CodeStartFailed: the server did not come up; the message has the tail of its log.
	CodeStartFailed = "start_failed"
	// CodeStopFailed: the server did not stop.
	CodeStopFailed = "stop_failed"
	// CodeInterrupted: the context ended first.
	CodeInterrupted = "interrupted"
	// CodeInstallFailed: the package manager or the build failed.
	CodeInstallFailed = "install_failed"
	// CodeInstallDeclined: the person said no.
	CodeInstallDeclined = "install_declined"
	// CodeUnsupported: the operating system has no private cluster.
	CodeUnsupported = "unsupported_platform"

	// codeSupervised never leaves the package: a second supervisor found the
	// first one at work.
	codeSupervised = "already_supervised"
)

// Error is the only error type of this package.
type Error struct {
	// Code is one of the Code constants.
	Code string
	// Message says what failed and on what, without a final full stop.
	Message string
	// Hint says what to do; following it destroys nothing. May be empty.
	Hint string
	// Err is the cause, or nil.
	Err error
}

// Error returns the message followed by the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// failure makes an error without a cause.
func failure(code, hint, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// because makes an error with a cause; an [*Error] as cause is passed through
// unchanged, for it already says more than the caller could add.
func because(err error, code, hint, format string, args ...any) *Error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint, Err: err}
}

// hasCode tells whether err is an [*Error] with the given code.
func hasCode(err error, code string) bool {
	known, ok := errors.AsType[*Error](err)
	return ok && known.Code == code
}
