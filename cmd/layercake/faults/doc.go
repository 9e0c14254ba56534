// Package faults holds the tests that break things under the program itself:
// they kill and stop its processes, fill its disks, take its folders and its
// database away, and hand it nonsense. After each of them nothing that was
// acknowledged is missing and nothing is there twice; docs/faults.md lists them.
package faults
