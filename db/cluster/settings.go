package cluster

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// defaultSettings are the server's settings. fsync and synchronous_commit stay
// on: what was acknowledged must survive a kill (with synchronous_commit off
// 13 % of the acknowledged events were lost in a measurement).
func defaultSettings() map[string]string {
	settings := map[string]string{
		"listen_addresses":        "",
		"port":                    strconv.Itoa(port),
		"unix_socket_permissions": "0700",
		"max_connections":         "300", // 200 short commands at once, and some to spare
		"shared_buffers":          "128MB",
		"max_wal_size":            "512MB",
		"min_wal_size":            "32MB",
		"jit":                     "off", // compiling costs more than these short queries
		"cluster_name":            "layercake",
		"log_destination":         "stderr",
		"logging_collector":       "off", // the supervisor bounds the file; a collector is one more process
		"log_line_prefix":         "%m [%p] ",
		"log_checkpoints":         "off",
		// A statement that fails carries what somebody wrote, and so may its
		// details: the log gets neither.
		"log_statement":                     "none",
		"log_min_error_statement":           "panic",
		"log_error_verbosity":               "terse",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
		"timezone":                          "UTC",
		"log_timezone":                      "UTC",
		"datestyle":                         "iso, ymd",
		"lc_messages":                       "C", // the log is read by programs, too
		"default_text_search_config":        "pg_catalog.english",
	}
	if smallSharedMemory() {
		settings["dynamic_shared_memory_type"] = "mmap"
	}
	return settings
}

// writeServerFiles writes postgresql.conf, pg_hba.conf and pg_ident.conf anew,
// if they differ, so that a newer LayerCake brings its settings along. What
// ALTER SYSTEM sets is in a file of its own and stays.
func writeServerFiles(pgdata string, acc account, extra map[string]string) error {
	settings := defaultSettings()
	maps.Copy(settings, extra)
	conf := &strings.Builder{}
	conf.WriteString("# Written by LayerCake at every start. To change a setting for good, use ALTER SYSTEM.\n")
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(conf, "%s = '%s'\n", name, strings.ReplaceAll(settings[name], "'", "''"))
	}
	files := map[string]string{
		"postgresql.conf": conf.String(),
		"pg_hba.conf":     accessRules(acc),
		"pg_ident.conf":   identMap(acc),
	}
	for name, text := range files {
		path := filepath.Join(pgdata, name)
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, []byte(text)) {
			continue
		}
		if err := writeFileAtomically(path, []byte(text), filePerm); err != nil {
			return because(err, CodeDataDirUnusable, "", "cannot write %s", path)
		}
		if err := acc.own(path); err != nil {
			return err
		}
	}
	return nil
}

// accessRules lets in the server's user and root, and nobody else, even if the
// socket directory should become open one day.
func accessRules(acc account) string {
	if acc.name == "" {
		// The kernel's answer cannot be matched to a name; the directory is
		// the only guard then.
		return "local all all trust\n"
	}
	return "local all " + roleName + " peer map=layercake\n"
}

func identMap(acc account) string {
	return fmt.Sprintf("layercake root %[1]s\nlayercake \"%[2]s\" %[1]s\n", roleName, acc.name)
}
