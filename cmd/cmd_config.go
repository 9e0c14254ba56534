package cmd

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
)

func newCmdConfig(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:   "config",
		Short: "Read and set the configuration",
		Long: `Read and set the configuration.

A value comes from the first of: a flag, the environment (LAYERCAKE_...), the
project's .layercake/config.yaml, your own file, the default. What a repository
says about databases and programs counts only after "layercake trust".`,
		Example: "  layercake config list --show-origin",
	}, newCmdConfigList(f), newCmdConfigGet(f), newCmdConfigSet(f), newCmdConfigPath(f))
}

// configEntry is a key with its value and where that comes from.
type configEntry struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
	About  string `json:"about"`
}

// entry describes a key; the password of a URL is not shown.
func (s *settings) entry(key setting) configEntry {
	return configEntry{key.key, key.shown(s.v.GetString(key.key)), s.origins[key.key], key.about}
}

func newCmdConfigList(f *Factory) *cobra.Command {
	var showOrigin bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List all settings",
		Long:    "List all settings with their values. Passwords are not shown.",
		Example: "  layercake config list\n  layercake config list --show-origin --json",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, configEntry{})
	cmd.Flags().BoolVar(&showOrigin, "show-origin", false, "show where each value comes from")
	cmd.RunE = func(*cobra.Command, []string) error {
		c, err := f.config()
		if err != nil {
			return err
		}
		entries := []configEntry{}
		for _, key := range settingsTable() {
			entries = append(entries, c.entry(key))
		}
		return out.show(entries, func(p *printer) {
			columns := []column{col("KEY"), col("VALUE").flex()}
			if showOrigin {
				columns = append(columns, col("ORIGIN").flex())
			} else {
				columns = append(columns, col("ABOUT").flex().ifRoom())
			}
			t := newTable(columns...)
			for _, e := range entries {
				if showOrigin {
					t.add(e.Key, e.Value, e.Origin)
				} else {
					t.add(e.Key, e.Value, e.About)
				}
			}
			p.table(t)
		})
	}
	return cmd
}

func newCmdConfigGet(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "get KEY",
		Short:             "Print one setting",
		Long:              "Print the value of one setting, as it is in force. Passwords are not shown.",
		Example:           "  layercake config get idle_timeout",
		Args:              exactly("KEY"),
		ValidArgsFunction: completeSettings,
	}
	out := addOutput(cmd, f, configEntry{})
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		key, err := findSetting(args[0])
		if err != nil {
			return err
		}
		c, err := f.config()
		if err != nil {
			return err
		}
		e := c.entry(key)
		return out.show(e, func(p *printer) { p.line("%s", e.Value) })
	}
	return cmd
}

func newCmdConfigSet(f *Factory) *cobra.Command {
	var local bool
	cmd := &cobra.Command{
		Use:   "set KEY VALUE",
		Short: "Set one setting in your file",
		Long: `Set one setting in your own file, or with --local in the project's. Comments
and everything else in the file stay as they are. An empty value goes back to
the default.`,
		Example:           "  layercake config set idle_timeout 2h\n  layercake config set --local render off",
		Args:              exactly("KEY", "VALUE"),
		ValidArgsFunction: completeSettings,
	}
	out := addOutput(cmd, f, configChange{})
	cmd.Flags().BoolVar(&local, "local", false, "set it in the project's .layercake/config.yaml")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		key, err := findSetting(args[0])
		if err != nil {
			return err
		}
		path, err := f.setConfig(local, key, args[1])
		if err != nil {
			return err
		}
		f.forget() // what was read before
		c, err := f.config()
		if err != nil {
			return err
		}
		change := configChange{c.entry(key), path}
		return out.written(key.key, change, func(p *printer) {
			p.line("%s is set in %s", bold.of(key.key), path)
			if !strings.HasPrefix(change.Origin, path) {
				p.line("%s comes before it, so %s is what counts", change.Origin, change.Value)
			}
		})
	}
	return cmd
}

// configChange is a setting after a change: its value in force, which can come
// from elsewhere, and the file that was written.
type configChange struct {
	configEntry

	File string `json:"file"`
}

func (f *Factory) setConfig(local bool, key setting, value string) (string, error) {
	name := key.key
	if value == "" {
		value = key.value
	}
	if err := key.check(value); err != nil {
		return "", fault.Usage("invalid_value", "%s cannot be %q: %v", name, key.shown(value), err).WithHint("run `layercake config list`")
	}
	path := f.userConfigPath()
	if target, err := filepath.EvalSymlinks(path); err == nil && path != "" {
		path = target // such as one in a folder of dotfiles
	}
	if local {
		here, err := f.place()
		if err != nil {
			return "", err
		}
		if path = here.configPath(); path == "" {
			return "", f.noProject(here)
		}
		if key.key == keyDatabaseURL && value != "" && hasPassword(value) {
			return "", fault.NotAllowed("secret_in_repository", "a password does not belong into a repository").
				WithHint("run `layercake config set %s …` without --local, or set %s", name, key.env())
		}
	}
	if path == "" {
		return "", fault.Failed("no_home", "there is no place for your configuration: neither HOME nor XDG_CONFIG_HOME is set").
			WithHint("set XDG_CONFIG_HOME to a folder of yours, or set %s", key.env())
	}
	if _, err := readConfigFile(path); err != nil {
		return "", err // a file with mistakes is not written over
	}
	return path, setInFile(path, name, value)
}

// configPaths are the files that are read.
type configPaths struct {
	User    string `json:"user"`
	Project string `json:"project"`
	Data    string `json:"data"`
}

func newCmdConfigPath(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "path",
		Short:   "Print where the configuration and the data are",
		Long:    "Print which files are read, whether they exist or not, and where the data is.",
		Example: "  layercake config path\n  layercake config path --jq .data.user",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, configPaths{})
	cmd.RunE = func(*cobra.Command, []string) error {
		here, err := f.place()
		if err != nil {
			return err
		}
		paths := configPaths{User: f.userConfigPath(), Project: here.configPath()}
		// A file with mistakes must not keep this command from naming it.
		if dir, err := f.dataDir(); err == nil {
			paths.Data = filepath.Clean(dir)
		}
		return out.show(paths, func(p *printer) {
			p.field("user", paths.User)
			p.field("project", paths.Project)
			p.field("data", paths.Data)
		})
	}
	return cmd
}

func completeSettings(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var keys []string
	if len(args) == 1 && cmd.Name() == "set" {
		switch args[0] {
		case keyRender, keyGitTagGates:
			return []string{renderOn, renderOff}, cobra.ShellCompDirectiveNoFileComp
		case keyGitCommit:
			return commitModes(), cobra.ShellCompDirectiveNoFileComp
		}
	}
	if len(args) == 0 {
		for _, s := range settingsTable() {
			keys = append(keys, cobra.CompletionWithDesc(s.key, s.about))
		}
	}
	return keys, cobra.ShellCompDirectiveNoFileComp
}
