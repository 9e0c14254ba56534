package analysis

import (
	"cmp"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// The kinds of components.
const (
	kindFramework      = "framework"
	kindLibrary        = "library"
	kindBuild          = "build"
	kindDatabase       = "database"
	kindInfrastructure = "infrastructure"
)

// manifestKind returns the build system that a file belongs to, with the family
// whose packages it names; both are empty for other files.
func manifestKind(f file) (build, system string) {
	switch base := f.base(); base {
	case "go.mod":
		return "Go modules", systemGo
	case "package.json":
		return "npm", systemNPM
	case "pyproject.toml", "requirements.txt", "setup.py", "setup.cfg", "pipfile":
		return "Python packaging", systemPython
	case "cargo.toml":
		return "Cargo", systemCargo
	case "pom.xml":
		return "Maven", systemJVM
	case "build.gradle", "build.gradle.kts":
		return "Gradle", systemJVM
	case "gemfile":
		return "Bundler", systemRuby
	case "composer.json":
		return "Composer", systemPHP
	case "mix.exs":
		return "Mix", systemElixir
	case "pubspec.yaml":
		return "Pub", systemDart
	case "package.swift":
		return "Swift Package Manager", ""
	case "makefile", "gnumakefile":
		return "Make", ""
	case "cmakelists.txt":
		return "CMake", ""
	default:
		if ext := path.Ext(base); ext == ".csproj" || ext == ".fsproj" {
			return ".NET", systemNET
		}
		return "", ""
	}
}

// stack lists the components, each once, with the first file that says so.
func (s *survey) stack() []Component {
	var out []Component
	seen := map[string]bool{}
	add := func(name, kind, evidence string) {
		if !seen[name] {
			seen[name] = true
			out = append(out, Component{Name: name, Kind: kind, Evidence: evidence})
		}
	}
	known := dependencies()
	for _, f := range s.files {
		if build, _ := manifestKind(f); build != "" {
			add(build, kindBuild, f.path)
			for _, d := range s.mentioned(f, known) {
				add(d.name, d.kind, f.path)
			}
		}
		if name := infrastructureOf(f); name != "" {
			add(name, kindInfrastructure, f.path)
		}
	}
	order := []string{kindFramework, kindLibrary, kindDatabase, kindBuild, kindInfrastructure}
	slices.SortStableFunc(out, func(a, b Component) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// mentioned lists the known dependencies that a manifest names.
func (s *survey) mentioned(f file, known []dependency) []dependency {
	_, system := manifestKind(f)
	if system == "" {
		return nil
	}
	names := s.packageNames(f)
	var out []dependency
	for _, d := range known {
		if d.system == system && names[d.id] {
			out = append(out, d)
		}
	}
	return out
}

// packageNames returns the names in a manifest that may be those of packages,
// in lower case. For package.json they are the dependencies; other manifests
// are split into words, which is enough to find a known name and never needs
// the manifest to be valid.
func (s *survey) packageNames(f file) map[string]bool {
	names := map[string]bool{}
	text := s.read(f.path)
	if f.base() == "package.json" {
		for _, name := range parsePackageJSON(text).dependencies() {
			names[strings.ToLower(name)] = true
		}
		return names
	}
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		// What others pull in says nothing about this project.
		if strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "//") || strings.HasSuffix(trimmed, "// indirect") {
			continue
		}
		words := strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return !inName(r) })
		for _, w := range words {
			names[w] = true
			// Maven and Gradle write spring-boot-starter-web, postgresql-42.
			for _, prefix := range []string{"spring-boot", "quarkus", "micronaut", "ktor"} {
				if strings.HasPrefix(w, prefix+"-") {
					names[prefix] = true
				}
			}
		}
	}
	return names
}

// inName reports whether a lower-case name of a package may contain r.
func inName(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./@", r)
}

// packageJSON is what matters of a package.json.
type packageJSON struct {
	Scripts         map[string]string `json:"scripts"`
	Dependencies    map[string]any    `json:"dependencies"`
	DevDependencies map[string]any    `json:"devDependencies"` //nolint:tagliatelle // npm's spelling
	PackageManager  string            `json:"packageManager"`  //nolint:tagliatelle // npm's spelling
}

// parsePackageJSON reads a package.json; one that cannot be read is empty.
func parsePackageJSON(text string) packageJSON {
	var p packageJSON
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return packageJSON{}
	}
	return p
}

// dependencies lists the names of all dependencies.
func (p packageJSON) dependencies() []string {
	var out []string
	for _, group := range []map[string]any{p.Dependencies, p.DevDependencies} {
		for name := range group {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// infrastructureOf returns what a file deploys or runs with, or "".
func infrastructureOf(f file) string {
	base, p := f.base(), "/"+strings.ToLower(f.path)
	switch {
	// What tests and editors run in is not what is deployed.
	case containsAny(p, "/.devcontainer/", "/testdata/", "/fixtures/"):
		return ""
	case base == "dockerfile", strings.HasPrefix(base, "dockerfile."), base == "containerfile":
		return "Docker"
	case isCompose(base):
		return "Docker Compose"
	case strings.HasPrefix(base, "railway."):
		return "Railway"
	case base == "fly.toml":
		return "Fly.io"
	case strings.HasPrefix(base, "wrangler."):
		return "Cloudflare Workers"
	case base == "vercel.json":
		return "Vercel"
	case base == "netlify.toml":
		return "Netlify"
	case base == "render.yaml":
		return "Render"
	case base == "procfile":
		return "Procfile"
	case base == "serverless.yml", base == "serverless.yaml":
		return "Serverless Framework"
	case base == "chart.yaml":
		return "Helm"
	case base == "kustomization.yaml", containsAny(p, "/k8s/", "/kubernetes/") && isYAML(base):
		return "Kubernetes"
	case strings.HasSuffix(base, ".tf"):
		return "Terraform"
	default:
		return ""
	}
}

// isCompose reports whether a name in lower case is that of a compose file.
func isCompose(base string) bool {
	return isYAML(base) && (strings.HasPrefix(base, "docker-compose") || strings.HasPrefix(base, "compose."))
}

// isYAML reports whether a name in lower case ends as YAML does.
func isYAML(base string) bool {
	return strings.HasSuffix(base, ".yml") || strings.HasSuffix(base, ".yaml")
}

// uiEvidence lists files that show a user interface.
func (s *survey) uiEvidence() []string {
	out := s.withTrait(traitUI)
	views := s.find(maxEvidence, func(f file) bool {
		base, p := f.base(), "/"+strings.ToLower(f.path)
		switch path.Ext(base) {
		case ".tsx", ".jsx", ".vue", ".svelte", ".xaml", ".storyboard", ".cshtml", ".dart":
			return testKind(f) == ""
		case ".html", ".htm":
			// Pages within documentation and tests are no interface.
			return !containsAny(p, "/docs/", "/doc/", "/test", "/testdata/", "/fixtures/", "/coverage/")
		default:
			return strings.HasSuffix(base, ".blade.php") || strings.HasSuffix(base, ".html.erb") || strings.Contains(p, "/res/layout/")
		}
	})
	return clipEvidence(append(out, views...))
}

// aiEvidence lists manifests that name libraries for models.
func (s *survey) aiEvidence() []string { return clipEvidence(s.withTrait(traitAI)) }

// withTrait lists the manifests that name a dependency with a trait.
func (s *survey) withTrait(trait string) []string {
	known := slices.DeleteFunc(dependencies(), func(d dependency) bool { return d.trait != trait })
	return s.find(maxEvidence, func(f file) bool { return len(s.mentioned(f, known)) > 0 })
}

// clipEvidence removes duplicates and shortens a list of paths.
func clipEvidence(paths []string) []string {
	seen := map[string]bool{}
	paths = slices.DeleteFunc(paths, func(p string) bool {
		dup := seen[p]
		seen[p] = true
		return dup
	})
	return paths[:min(len(paths), maxEvidence)]
}
