package walk

import (
	"path"
	"strings"
)

// isBuildFolder tells whether a folder holds what tools make, fetch or keep, in
// projects of many languages.
func isBuildFolder(name string) bool {
	switch name {
	case ".git", ".hg", ".svn", ".jj", "node_modules", "bower_components", "__pycache__", ".venv", "venv", ".tox", ".mypy_cache", ".pytest_cache",
		".ruff_cache", ".gradle", ".idea", ".next", ".nuxt", ".svelte-kit", ".terraform", ".cache", ".eggs", "_build", "deps", "target", ".zig-cache",
		"zig-cache", "zig-out", "dist-newstyle", ".stack-work", ".build", "DerivedData", ".dart_tool", "Pods":
		return true
	}
	return false
}

// isVendored tells whether a path lies where copies of others' code are kept.
func isVendored(name string) bool {
	dir := path.Dir(name)
	for part := range strings.SplitSeq(dir, "/") {
		switch part {
		case "vendor", "vendored", "_vendor", "node_modules", "bower_components", "third_party", "third-party", "thirdparty", "3rdparty", "Godeps", "Pods",
			"Carthage", "site-packages":
			return true
		}
	}
	return false
}

// isSecret tells whether a file is likely to hold keys or passwords: what it
// holds is not for an index, and not for a provider of embeddings.
func isSecret(name string) bool {
	base := strings.ToLower(path.Base(name))
	switch path.Ext(base) {
	case ".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk":
		return true
	}
	switch base {
	case ".env", ".netrc", ".pgpass", ".npmrc", ".pypirc", ".htpasswd", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519":
		return true
	}
	rest, ok := strings.CutPrefix(base, ".env.")
	return ok && !strings.Contains(rest, "example") && !strings.Contains(rest, "sample") && !strings.Contains(rest, "template")
}

func isBinaryName(name string) bool {
	return binaryEndings[strings.ToLower(path.Ext(name))]
}

// binaryEndings need not be looked into.
//
//nolint:gochecknoglobals // a fixed table, never written to
var binaryEndings = endings("7z a aar ai apk ar avi avif bin bmp bz2 cab class db deb dex dll dmg doc docx dylib ear eot epub " +
	"exe flac gif gz heic icns ico iso jar jpeg jpg lib lz lz4 lzma m4a mkv mo mov mp3 mp4 mpg msi nupkg o obj ogg otf parquet pdb pdf png ppt pptx " +
	"psd pyc pyd pyo rar rlib rpm so sqlite sqlite3 swf tar tgz tif tiff ttf war wasm wav webm webp whl woff woff2 xls xlsx xz zip zst")

func endings(list string) map[string]bool {
	m := map[string]bool{}
	for ext := range strings.FieldsSeq(list) {
		m["."+ext] = true
	}
	return m
}

func isMinifiedName(name string) bool {
	base := strings.ToLower(path.Base(name))
	for _, end := range []string{".min.js", ".min.css", ".min.mjs", "-min.js", ".bundle.js", ".js.map", ".css.map", ".mjs.map", ".d.ts.map"} {
		if strings.HasSuffix(base, end) {
			return true
		}
	}
	return false
}

// isGeneratedName tells whether a file is one that a tool makes from others.
func isGeneratedName(name string) bool {
	base := strings.ToLower(path.Base(name))
	switch base {
	case "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "deno.lock", "cargo.lock", "go.sum", "go.work.sum",
		"poetry.lock", "pipfile.lock", "uv.lock", "pdm.lock", "composer.lock", "gemfile.lock", "flake.lock", "mix.lock", "podfile.lock", "pubspec.lock",
		"packages.lock.json", "gradle.lockfile", "cabal.project.freeze", "stack.yaml.lock", "package.resolved":
		return true
	}
	for _, end := range []string{
		".pb.go", ".pb.gw.go", "_grpc.pb.go", ".pb.cc", ".pb.h", "_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb.js", "_pb.d.ts", ".pb.swift", ".g.dart",
		".freezed.dart", ".designer.cs", ".g.cs", ".g.i.cs", ".generated.cs", "_string.go", ".snap.new",
	} {
		if strings.HasSuffix(base, end) {
			return true
		}
	}
	return false
}
