package cmd

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"github.com/layercake-dev/layercake/core/fault"
)

// settings are the values in force.
type settings struct {
	DatabaseURL string        `mapstructure:"database_url"`
	DataDir     string        `mapstructure:"data_dir"`
	PostgresBin string        `mapstructure:"postgres_bin"`
	IdleTimeout time.Duration `mapstructure:"idle_timeout"`
	Render      string        `mapstructure:"render"`
	SigningKey  string        `mapstructure:"signing_key"`
	GitCommit   string        `mapstructure:"git.commit"`    //nolint:tagliatelle // a group, and a setting in it
	GitTagGates string        `mapstructure:"git.tag_gates"` //nolint:tagliatelle // likewise

	SearchProvider   string `mapstructure:"search.provider"`   //nolint:tagliatelle // likewise
	SearchModel      string `mapstructure:"search.model"`      //nolint:tagliatelle // likewise
	SearchDimensions int    `mapstructure:"search.dimensions"` //nolint:tagliatelle // likewise
	SearchBaseURL    string `mapstructure:"search.base_url"`   //nolint:tagliatelle // likewise
	SearchKeyEnv     string `mapstructure:"search.key_env"`    //nolint:tagliatelle // likewise
	// SearchMaxCost is in US dollars.
	SearchMaxCost float64 `mapstructure:"search.max_cost"` //nolint:tagliatelle // likewise

	agentSettings `mapstructure:",squash"` //nolint:tagliatelle // no name of its own

	origins map[string]string
	v       *viper.Viper
}

// The keys of the configuration.
const (
	keyDatabaseURL = "database_url"
	keyDataDir     = "data_dir"
	keyPostgresBin = "postgres_bin"
	keyIdleTimeout = "idle_timeout"
	keyRender      = "render"
	keySigningKey  = "signing_key"
	keyGitCommit   = "git.commit"
	keyGitTagGates = "git.tag_gates"

	keySearchProvider   = "search.provider"
	keySearchModel      = "search.model"
	keySearchDimensions = "search.dimensions"
	keySearchBaseURL    = "search.base_url"
	keySearchKeyEnv     = "search.key_env"
	keySearchMaxCost    = "search.max_cost"

	renderOn  = "on"
	renderOff = "off"
)

// The values of git.commit.
const (
	commitOff   = "off"
	commitState = "state"
	commitGates = "gates"
)

func commitModes() []string { return []string{commitOff, commitState, commitGates} }

const envPrefix = "LAYERCAKE"

// keyDelimiter is what stands in a key between a group and a setting in it. In a
// file it can also be written as a group with settings below it.
const keyDelimiter = "."

// setting describes a key of the configuration.
type setting struct {
	key   string
	about string
	value string // by default
	// sensitive values decide which program runs or who gets the data, so a
	// repository may set them only once a person trusts it.
	sensitive bool
	check     func(value string) error
}

func (s setting) env() string {
	return envPrefix + "_" + strings.ToUpper(strings.ReplaceAll(s.key, keyDelimiter, "_"))
}

// settingsTable lists every key.
func settingsTable() []setting {
	return append([]setting{
		{keyDatabaseURL, "the PostgreSQL database to use; without it a private one is kept", "", true, checkURL},
		{keyDataDir, "where the private database and the artifacts are", "", true, checkAbsolute},
		{keyPostgresBin, "the folder of PostgreSQL's programs", "", true, checkAbsolute},
		{keyIdleTimeout, "how long the private database outlives its last user", "30m", false, checkDuration},
		{keyRender, "whether changes are written to the markdown files (on, off)", renderOn, false, checkSwitch},
		{keySigningKey, "the file of the SSH key that signs your decisions; without it an enrolled one in ~/.ssh is taken", "", true, checkAbsolute},
		{keyGitCommit, "when LayerCake's own files are committed: off, state (as they change) or gates (at decisions)", commitOff, false, checkCommit},
		{keyGitTagGates, "whether the commit of an approved gate is tagged layercake/GATE (on, off)", renderOff, false, checkSwitch},
		{keySearchProvider, "who is asked what code means: local (nobody), openai, voyage, ollama or openai-compatible", searchLocal, true, checkProvider},
		{keySearchModel, "the provider's model; without it its usual one", "", true, checkAny},
		{keySearchDimensions, "how many numbers a vector has; 0 is what the model gives", "0", true, checkDimensions},
		{keySearchBaseURL, "the address of the provider's API, such as http://localhost:8000/v1", "", true, checkAny},
		{keySearchKeyEnv, "the environment variable that holds the provider's key", "", true, checkVariable},
		{keySearchMaxCost, "how many US dollars one indexing may spend at a provider; 0 is no limit", "1", true, checkCost},
	}, agentsTable()...)
}

func findSetting(key string) (setting, error) {
	var keys []string
	for _, s := range settingsTable() {
		if s.key == key {
			return s, nil
		}
		keys = append(keys, s.key)
	}
	e := fault.Usage("unknown_key", "there is no configuration key %q; there are: %s", key, strings.Join(keys, ", "))
	if near := fault.Nearest(key, keys); near != "" {
		return setting{}, e.WithHint("did you mean %q? `layercake config list` shows them all", near)
	}
	return setting{}, e.WithHint("run `layercake config list`")
}

func checkURL(value string) error {
	u, err := url.Parse(value)
	if value != "" && (err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql")) {
		return errors.New("it should look like postgres://user@host:5432/database")
	}
	return nil
}

func checkAbsolute(value string) error {
	if value != "" && !filepath.IsAbs(value) {
		return errors.New("it should be an absolute path")
	}
	return nil
}

func checkDuration(value string) error {
	if d, err := time.ParseDuration(value); err != nil || d <= 0 {
		return errors.New("it should be a duration such as 30m or 2h")
	}
	return nil
}

func checkSwitch(value string) error {
	if value != renderOn && value != renderOff {
		return errors.New("it should be on or off")
	}
	return nil
}

func checkCommit(value string) error {
	if !slices.Contains(commitModes(), value) {
		return errors.New("it should be off, state or gates")
	}
	return nil
}

// configFile is a file of settings as it was read.
type configFile struct {
	path   string
	values map[string]any
	lines  map[string]int
	digest string
}

// readConfigFile reads a file and refuses keys that do not exist. A missing
// file has no values.
func readConfigFile(path string) (*configFile, error) {
	c := &configFile{path: path, values: map[string]any{}, lines: map[string]int{}}
	if path == "" {
		return c, nil
	}
	data, err := readSmallFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fault.Failed("config_unreadable", "cannot read %s", path).Wrap(err).WithHint("run `layercake doctor`")
	}
	sum := sha256.Sum256(data)
	c.digest = hex.EncodeToString(sum[:])
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, configFault(path, 0, "%v", err)
	}
	if len(doc.Content) == 0 {
		return c, nil // empty, or comments only
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, configFault(path, top.Line, "the file should hold keys with values, one a line")
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		if err := c.addAll(top.Content[i], top.Content[i+1]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// addAll adds a setting, or a group of them.
func (c *configFile) addAll(key, value *yaml.Node) error {
	if _, err := findSetting(key.Value); err == nil || value.Kind != yaml.MappingNode {
		return c.add(key.Value, key.Line, value)
	}
	for i := 0; i+1 < len(value.Content); i += 2 {
		sub := value.Content[i]
		if err := c.add(key.Value+keyDelimiter+sub.Value, sub.Line, value.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (c *configFile) add(name string, line int, value *yaml.Node) error {
	s, err := findSetting(name)
	if err != nil {
		e := fault.From(err)
		return fault.From(configFault(c.path, line, "%s", e.Message)).WithHint("%s", e.Hint)
	}
	if _, twice := c.lines[s.key]; twice {
		return configFault(c.path, line, "%s is set twice", s.key)
	}
	if value.Kind != yaml.ScalarNode {
		return configFault(c.path, value.Line, "%s takes one value", s.key)
	}
	if err := s.check(value.Value); err != nil {
		return configFault(c.path, value.Line, "%s cannot be %q: %v", s.key, s.shown(value.Value), err)
	}
	c.values[s.key], c.lines[s.key] = value.Value, line
	return nil
}

func configFault(path string, line int, format string, args ...any) error {
	where := path
	if line > 0 {
		where = fmt.Sprintf("%s:%d", path, line)
	}
	return fault.Usage("invalid_config", "%s: %s", where, fmt.Sprintf(format, args...)).WithHint("run `layercake config path` to see which files are read")
}

// userConfigPath is the user's own file, or "" when there is no home.
func (f *Factory) userConfigPath() string {
	if dir := f.env.get("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "layercake", configFileName)
	}
	if home := f.env.get("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".config", "layercake", configFileName)
	}
	return ""
}

// loadConfig puts together what the flags, the environment and the files say.
func (f *Factory) loadConfig() (*settings, error) {
	user, err := readConfigFile(f.userConfigPath())
	if err != nil {
		return nil, err
	}
	here, err := f.place()
	if err != nil {
		return nil, err
	}
	repository, err := readConfigFile(here.configPath())
	if err != nil {
		return nil, err
	}
	f.dropUntrusted(repository)
	// The environment counts only where a key is named, so the struct is bound.
	v := viper.NewWithOptions(viper.ExperimentalBindStruct(), viper.KeyDelimiter("::")) // a dot is part of a key here
	v.SetEnvPrefix(envPrefix)
	v.AutomaticEnv()
	for _, file := range []*configFile{user, repository} {
		if err := v.MergeConfigMap(file.values); err != nil {
			return nil, fmt.Errorf("read %s: %w", file.path, err)
		}
	}
	s := &settings{origins: map[string]string{}, v: v}
	for _, key := range settingsTable() {
		v.SetDefault(key.key, key.value)
		s.origins[key.key] = f.origin(key, repository, user)
		if value := f.env.get(key.env()); value != "" {
			v.Set(key.key, value) // the process's environment, which need not be the system's
			if err := key.check(value); err != nil {
				return nil, fault.Usage("invalid_config", "%s cannot be %q: %v", key.env(), key.shown(value), err).WithHint("run `env | grep %s`", envPrefix)
			}
		}
	}
	if f.flags.noRender {
		v.Set(keyRender, renderOff)
		s.origins[keyRender] = "--" + flagNoRender
	}
	if err := v.UnmarshalExact(s); err != nil {
		return nil, fault.Usage("invalid_config", "the configuration cannot be read: %v", err).WithHint("run `layercake config path`")
	}
	return s, nil
}

// origin says where a value comes from.
func (f *Factory) origin(key setting, files ...*configFile) string {
	if f.env.get(key.env()) != "" {
		return key.env()
	}
	for _, file := range files {
		if line, ok := file.lines[key.key]; ok {
			return fmt.Sprintf("%s:%d", file.path, line)
		}
	}
	return "default"
}

// dropUntrusted leaves out what a repository may not decide by itself.
func (f *Factory) dropUntrusted(file *configFile) {
	var dropped []string
	for _, key := range settingsTable() {
		if _, set := file.lines[key.key]; set && key.sensitive {
			dropped = append(dropped, key.key)
		}
	}
	if len(dropped) == 0 || f.trustsConfig(file) {
		return
	}
	slices.Sort(dropped)
	for _, key := range dropped {
		delete(file.values, key)
		delete(file.lines, key)
	}
	f.warn("%s sets %s, which is ignored until you accept it: run `layercake trust`", file.path, dropped)
}
