package cmd

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/db/cluster"
)

// dbStatus describes the database in use.
type dbStatus struct {
	// Kind is "private" or "configured".
	Kind        string    `json:"kind"`
	State       string    `json:"state"`
	Problem     string    `json:"problem"`
	Version     string    `json:"version"`
	PGVector    string    `json:"pgvector"`
	DataDir     string    `json:"data_dir"`
	SocketDir   string    `json:"socket_dir"`
	LogFile     string    `json:"log_file"`
	SizeBytes   int64     `json:"size_bytes"`
	Connections int       `json:"connections"`
	StartedAt   time.Time `json:"started_at"`
	PID         int       `json:"pid"`
}

func newCmdDBStatus(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Show where the database is and how it does",
		Long:    "Show where the database is and how it does. Nothing is started.",
		Example: "  layercake db status\n  layercake db status --jq .data.state",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, dbStatus{})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		status, err := f.dbStatus(cmd.Context())
		if err != nil {
			return err
		}
		return out.show(status, status.print)
	}
	return cmd
}

func (f *Factory) dbStatus(ctx context.Context) (*dbStatus, error) {
	c, err := f.config()
	if err != nil {
		return nil, err
	}
	if c.DatabaseURL != "" {
		status := &dbStatus{Kind: "configured", State: string(cluster.StateRunning)}
		if _, err := f.open(ctx, target{url: c.DatabaseURL}); err != nil {
			status.State, status.Problem = "unusable", known(err).Error()
		}
		return status, nil
	}
	cfg, err := f.clusterConfig()
	if err != nil {
		return nil, err
	}
	s, err := cluster.GetStatus(ctx, cfg)
	if err != nil {
		return nil, err
	}
	status := &dbStatus{
		Kind: "private", State: string(s.State), Version: s.Version, PGVector: s.VectorVersion, DataDir: s.DataDir, SocketDir: s.SocketDir,
		LogFile: s.LogFile, SizeBytes: s.SizeBytes, Connections: s.Connections, StartedAt: s.StartedAt, PID: s.PID,
	}
	if s.Problem != nil {
		status.Problem = s.Problem.Error()
	}
	return status, nil
}

func (s *dbStatus) print(p *printer) {
	const mebibyte = 1 << 20
	p.field("database", s.Kind)
	p.field("state", s.State)
	p.field("problem", s.Problem)
	p.field("version", s.Version)
	p.field("pgvector", s.PGVector)
	p.field("data", s.DataDir)
	p.field("socket", s.SocketDir)
	p.field("log", s.LogFile)
	if s.SizeBytes > 0 {
		p.field("size", strconv.FormatInt(s.SizeBytes/mebibyte, 10)+" MiB")
	}
	if s.State == string(cluster.StateRunning) && s.Kind == "private" {
		p.field("connections", s.Connections)
		p.field("started", s.StartedAt)
	}
}
