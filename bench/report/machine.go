//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// machine lists what the figures depend on, without names or paths.
func (r *rig) machine(ctx context.Context) ([]string, error) {
	var facts []string
	add := func(format string, args ...any) { facts = append(facts, fmt.Sprintf(format, args...)) }
	add("%s/%s, %d cores%s, %s of memory", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), model(), memory())
	sync, err := syncTime(r.dir)
	if err != nil {
		return nil, err
	}
	add("writing 8 KiB and waiting for the disk takes %s (median of 50)", millis.show(sync))
	if r.load != "" {
		add("load average before the run %s, at its end %s; the run itself makes about 2", r.load, loadAverage())
	}
	version, err := serverVersion(ctx, r.db.Pool())
	if err != nil {
		return nil, err
	}
	git, err := exec.CommandContext(ctx, "git", "version").Output()
	if err != nil {
		return nil, fmt.Errorf("git: %w", err)
	}
	add("PostgreSQL %s with LayerCake's settings for a private database: fsync and synchronous_commit are on", version)
	add("%s, %s", runtime.Version(), strings.TrimSpace(string(git)))
	return facts, nil
}

func serverVersion(ctx context.Context, pool *pgxpool.Pool) (string, error) {
	var v string
	if err := pool.QueryRow(ctx, "SHOW server_version").Scan(&v); err != nil {
		return "", fmt.Errorf("ask for the server's version: %w", err)
	}
	number, _, _ := strings.Cut(v, " ")
	return number, nil
}

// loadAverage is how many processes wanted to run in the last minute, or "" where
// the system does not tell.
func loadAverage() string {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(load), " ")
	return first
}

// procField returns the first value of a field in a file of /proc, or "".
func procField(file, field string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // read only
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == field {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func model() string {
	if name := procField("/proc/cpuinfo", "model name"); name != "" {
		return " (" + name + ")"
	}
	return ""
}

func memory() string {
	var kib int64
	if _, err := fmt.Sscanf(procField("/proc/meminfo", "MemTotal"), "%d kB", &kib); err != nil {
		return "an unknown amount"
	}
	const kibPerGiB = 1 << 20
	return fmt.Sprintf("%d GiB", kib/kibPerGiB)
}

// syncTime is how long the disk takes to say that something is written, in
// milliseconds: the least that a commit can take.
func syncTime(dir string) (float64, error) {
	const tries, page = 50, 8 << 10
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, fmt.Errorf("try the disk: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing in it is needed
	var took sample
	for range tries {
		began := time.Now()
		if _, err := f.WriteAt(make([]byte, page), 0); err != nil {
			return 0, fmt.Errorf("try the disk: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("try the disk: %w", err)
		}
		took = append(took, inMillis(time.Since(began)))
	}
	return took.at(half), nil
}
