package cmd

import (
	"errors"
	"io/fs"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/layercake-dev/layercake/core/fault"
)

// trustedFileName is the file, beside the user's configuration, that lists the
// configuration files of repositories that the user accepted, by path and
// SHA-256. It cannot lie in the database, whose address such a file may name.
const trustedFileName = "trusted.yaml"

func (f *Factory) trustedPath() string {
	path := f.userConfigPath()
	if path == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(path), trustedFileName)
}

func (f *Factory) trustedConfigs() (map[string]string, error) {
	trusted := map[string]string{}
	data, err := readSmallFile(f.trustedPath())
	if errors.Is(err, fs.ErrNotExist) {
		return trusted, nil
	}
	if err != nil {
		return nil, fault.Failed("config_unreadable", "cannot read %s", f.trustedPath()).
			WithHint("run `ls -l %s`", f.trustedPath()).Wrap(err)
	}
	if err := yaml.Unmarshal(data, &trusted); err != nil {
		return nil, fault.Failed("config_unreadable", "cannot read %s", f.trustedPath()).
			WithHint("run `cat %s` to see what is wrong; it lists accepted files with their SHA-256", f.trustedPath()).Wrap(err)
	}
	return trusted, nil
}

// trustsConfig reports whether the user accepted the file as it is. What cannot
// be read trusts nothing.
func (f *Factory) trustsConfig(file *configFile) bool {
	trusted, err := f.trustedConfigs()
	return err == nil && file.digest != "" && trusted[file.path] == file.digest
}

// trustConfig remembers that the user accepted the file as it is.
func (f *Factory) trustConfig(file *configFile) error {
	trusted, err := f.trustedConfigs()
	if err != nil {
		return err
	}
	trusted[file.path] = file.digest
	text, err := yaml.Marshal(trusted)
	if err != nil {
		return fault.Failed("internal", "cannot write %s", trustedFileName).
			WithHint("run `layercake doctor`").Wrap(err)
	}
	if f.trustedPath() == "" {
		return fault.Failed("no_home", "there is no place for your configuration: neither HOME nor XDG_CONFIG_HOME is set").
			WithHint("set XDG_CONFIG_HOME to a folder of yours")
	}
	return writeFile(f.trustedPath(), text, 0o600)
}
