package cmd

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/db"
)

// versionInfo says which program this is.
type versionInfo struct {
	Build

	Go       string `json:"go"`
	Platform string `json:"platform"`
	Schema   int    `json:"schema"`
}

func (f *Factory) versionInfo() (versionInfo, error) {
	schema, err := db.SchemaVersion()
	return versionInfo{f.Build, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, schema}, err
}

func newCmdVersion(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    "Print the version of this program and of the database schema that it knows.",
		Example: "  layercake version\n  layercake version --jq .data.version",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, versionInfo{})
	cmd.RunE = func(*cobra.Command, []string) error {
		v, err := f.versionInfo()
		if err != nil {
			return err
		}
		return out.show(v, func(p *printer) {
			p.line("layercake %s", v.Version)
			p.field("commit", v.Commit)
			p.field("date", v.Date)
			p.field("go", v.Go)
			p.field("platform", v.Platform)
			p.field("schema", v.Schema)
		})
	}
	return cmd
}
