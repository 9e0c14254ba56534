//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// command makes a process of the rig: its environment, with more variables.
func (r *rig) command(ctx context.Context, dir string, args []string, more ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, append(slices.Clip(r.env), more...)
	return cmd
}

// output runs a process and returns what it prints.
func (r *rig) output(ctx context.Context, dir string, args ...string) (string, error) {
	var stderr bytes.Buffer
	cmd := r.command(ctx, dir, args)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", args, err, stderr.Bytes())
	}
	return string(out), nil
}

// took runs a process whose output goes nowhere and returns how long it lived.
func (r *rig) took(ctx context.Context, dir string, args []string, more ...string) (time.Duration, error) {
	cmd := r.command(ctx, dir, args, more...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	began := time.Now()
	err := cmd.Run()
	life := time.Since(began)
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %s", args, err, stderr.Bytes())
	}
	return life, nil
}

const mb = 1e6

// peakOf runs a process and returns the most memory that it had, in MB.
func (r *rig) peakOf(ctx context.Context, dir string, args ...string) (float64, error) {
	out, err := r.output(ctx, dir, append([]string{r.peak}, args...)...)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(out), 64)
	if err != nil {
		return 0, fmt.Errorf("read the peak: %w", err)
	}
	return n / mb, nil
}

// peakNow is the most memory that a process had so far, in MB; NaN where the
// system does not tell.
func peakNow(pid int) float64 {
	var kib float64
	if _, err := fmt.Sscanf(procField(fmt.Sprintf("/proc/%d/status", pid), "VmHWM"), "%g kB", &kib); err != nil {
		return nan
	}
	return kib * 1024 / mb
}

// race runs processes in turn, so that what disturbs one disturbs all, and
// returns how long each took.
func (r *rig) race(ctx context.Context, rounds int, runners ...func() (time.Duration, error)) ([]sample, error) {
	samples := make([]sample, len(runners))
	for round := range rounds + 1 {
		for i, run := range runners {
			d, err := run()
			if err != nil {
				return nil, err
			}
			if round > 0 { // the first one warms up
				samples[i] = append(samples[i], inMillis(d))
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return samples, nil
}

// process is a runner for [rig.race].
func (r *rig) process(ctx context.Context, dir string, args ...string) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		return r.took(ctx, dir, args)
	}
}
