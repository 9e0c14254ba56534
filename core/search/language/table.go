package language

type entry struct {
	name  string
	prose bool
}

// languages are all that are known, by ID.
//
//nolint:gochecknoglobals // a fixed table, never written to
var languages = map[string]entry{
	"asciidoc": {"AsciiDoc", true}, "bibtex": {"BibTeX", false}, "c": {"C", false}, "clojure": {"Clojure", false},
	"cmake": {"CMake", false}, "cpp": {"C++", false}, "crystal": {"Crystal", false}, "csharp": {"C#", false},
	"css": {"CSS", false}, "csv": {"CSV", false}, "cuda": {"CUDA", false}, "d": {"D", false}, "dart": {"Dart", false},
	"diff": {"Diff", false}, "dockerfile": {"Dockerfile", false}, "elixir": {"Elixir", false}, "elm": {"Elm", false},
	"erlang": {"Erlang", false}, "fsharp": {"F#", false}, "glsl": {"GLSL", false}, "go": {"Go", false},
	"gomod": {"Go module", false}, "gradle": {"Gradle", false}, "graphql": {"GraphQL", false}, "groovy": {"Groovy", false},
	"haskell": {"Haskell", false}, "hcl": {"HCL", false}, "html": {"HTML", false}, "ini": {"INI", false},
	"java": {"Java", false}, "javascript": {"JavaScript", false}, "json": {"JSON", false}, "jsx": {"JSX", false},
	"julia": {"Julia", false}, "jupyter": {"Jupyter notebook", false}, "kotlin": {"Kotlin", false}, "latex": {"LaTeX", true},
	"lisp": {"Lisp", false}, "lua": {"Lua", false}, "m4": {"M4", false}, "makefile": {"Makefile", false},
	"markdown": {"Markdown", true}, "matlab": {"MATLAB", false}, "nim": {"Nim", false}, "nix": {"Nix", false},
	"objc": {"Objective-C", false}, "ocaml": {"OCaml", false}, "org": {"Org", true}, "pascal": {"Pascal", false},
	"perl": {"Perl", false}, "php": {"PHP", false}, "plain": {"Plain text", true}, "powershell": {"PowerShell", false},
	"prisma": {"Prisma", false}, "properties": {"Properties", false}, "proto": {"Protocol Buffers", false},
	"python": {"Python", false}, "r": {"R", false}, "rst": {"reStructuredText", true}, "ruby": {"Ruby", false},
	"rust": {"Rust", false}, "scala": {"Scala", false}, "scheme": {"Scheme", false}, "shell": {"Shell", false},
	"solidity": {"Solidity", false}, "sql": {"SQL", false}, "starlark": {"Starlark", false}, "svelte": {"Svelte", false},
	"swift": {"Swift", false}, "tcl": {"Tcl", false}, "thrift": {"Thrift", false}, "toml": {"TOML", false},
	"tsx": {"TSX", false}, "typescript": {"TypeScript", false}, "vb": {"Visual Basic", false}, "vim": {"Vim script", false},
	"vue": {"Vue", false}, "xml": {"XML", false}, "yaml": {"YAML", false}, "zig": {"Zig", false},
}

// extensions are lower case, without the first dot. "include" is settled by
// what the file holds.
//
//nolint:gochecknoglobals // a fixed table, never written to
var extensions = map[string]string{
	"adoc": "asciidoc", "asciidoc": "asciidoc", "astro": "vue", "awk": "shell", "bash": "shell", "bats": "shell",
	"bazel": "starlark", "bib": "bibtex", "bzl": "starlark", "c": "c", "c++": "cpp", "cc": "cpp", "cfg": "ini",
	"cjs": "javascript", "cl": "lisp", "clj": "clojure", "cljc": "clojure", "cljs": "clojure", "cmake": "cmake",
	"conf": "ini", "cp": "cpp", "cpp": "cpp", "cppm": "cpp", "cr": "crystal", "cs": "csharp", "csproj": "xml", "css": "css",
	"csv": "csv", "csx": "csharp", "cts": "typescript", "cu": "cuda", "cuh": "cuda", "cxx": "cpp", "d": "d", "dart": "dart",
	"dhall": "haskell", "diff": "diff", "dockerfile": "dockerfile", "edn": "clojure", "el": "lisp", "elm": "elm",
	"erl": "erlang", "ex": "elixir", "exs": "elixir", "fish": "shell", "frag": "glsl", "fs": "fsharp", "fsi": "fsharp",
	"fsx": "fsharp", "gemspec": "ruby", "glsl": "glsl", "go": "go", "gql": "graphql", "gradle": "gradle",
	"gradle.kts": "kotlin", "graphql": "graphql", "graphqls": "graphql", "groovy": "groovy", "h": "c", "h++": "cpp", "hcl": "hcl", "hh": "cpp",
	"hpp": "cpp", "hrl": "erlang", "hs": "haskell", "hs-boot": "haskell", "hsc": "haskell", "htm": "html", "html": "html",
	"hxx": "cpp", "idl": "c", "inc": "include", "ini": "ini", "inl": "cpp", "ino": "cpp", "ipp": "cpp", "ipynb": "jupyter", "ixx": "cpp", "java": "java",
	"jbuilder": "ruby", "jl": "julia", "js": "javascript", "json": "json", "json5": "json", "jsonc": "json", "jsx": "jsx",
	"kt": "kotlin", "kts": "kotlin", "ksh": "shell", "less": "css", "lhs": "haskell", "lisp": "lisp", "lua": "lua",
	"m": "objc", "m4": "m4", "mak": "makefile", "markdown": "markdown", "md": "markdown", "mdown": "markdown",
	"mdx": "markdown", "mjs": "javascript", "mk": "makefile", "mkd": "markdown", "ml": "ocaml", "mli": "ocaml", "mm": "objc",
	"mts": "typescript", "nim": "nim", "nix": "nix", "org": "org", "pas": "pascal", "patch": "diff", "php": "php",
	"phpt": "php", "phtml": "php", "pl": "perl", "pm": "perl", "podspec": "ruby", "prisma": "prisma",
	"properties": "properties", "proto": "proto", "ps1": "powershell", "psm1": "powershell", "psql": "sql", "py": "python",
	"pyi": "python", "pyw": "python", "pyx": "python", "r": "r", "rake": "ruby", "rb": "ruby", "rbi": "ruby", "rbw": "ruby",
	"rs": "rust", "rst": "rst", "rkt": "scheme", "sass": "css", "sbt": "scala", "sc": "scala", "scala": "scala",
	"scm": "scheme", "scss": "css", "sh": "shell", "sol": "solidity", "sql": "sql", "ss": "scheme", "star": "starlark",
	"svelte": "svelte", "svg": "xml", "swift": "swift", "t": "perl", "tcc": "cpp", "tcl": "tcl", "tex": "latex", "tf": "hcl",
	"tfvars": "hcl", "thrift": "thrift", "toml": "toml", "tpp": "cpp", "ts": "typescript", "tsv": "csv", "tsx": "tsx", "txt": "plain",
	"vb": "vb", "vert": "glsl", "vim": "vim", "vue": "vue", "xaml": "xml", "xhtml": "html", "xml": "xml", "xsd": "xml",
	"xsl": "xml", "xslt": "xml", "yaml": "yaml", "yml": "yaml", "zig": "zig", "zon": "zig", "zsh": "shell",
}

// names are lower case.
//
//nolint:gochecknoglobals // a fixed table, never written to
var names = map[string]string{
	".bash_profile": "shell", ".bashrc": "shell", ".editorconfig": "ini", ".envrc": "shell", ".gitconfig": "ini",
	".gitmodules": "ini", ".profile": "shell", ".vimrc": "vim", ".zshrc": "shell", "authors": "plain", "brewfile": "ruby",
	"build": "starlark", "changelog": "plain", "changes": "plain", "cmakelists.txt": "cmake", "containerfile": "dockerfile",
	"contributing": "plain", "copying": "plain", "dangerfile": "ruby", "dockerfile": "dockerfile", "fastfile": "ruby",
	"gemfile": "ruby", "gnumakefile": "makefile", "go.mod": "gomod", "go.work": "gomod", "guardfile": "ruby",
	"install": "plain", "jenkinsfile": "groovy", "justfile": "makefile", "license": "plain", "makefile": "makefile",
	"makefile.am": "makefile", "meson.build": "starlark", "news": "plain", "notice": "plain", "pkgbuild": "shell",
	"podfile": "ruby", "procfile": "yaml", "rakefile": "ruby", "readme": "plain", "requirements.txt": "ini", "tiltfile": "starlark",
	"todo": "plain", "vagrantfile": "ruby", "workspace": "starlark",
}

//nolint:gochecknoglobals // a fixed table, never written to
var interpreters = map[string]string{
	"ash": "shell", "awk": "shell", "bash": "shell", "bun": "typescript", "crystal": "crystal", "dart": "dart", "dash": "shell",
	"deno": "typescript", "elixir": "elixir", "escript": "erlang", "fish": "shell", "gawk": "shell", "groovy": "groovy",
	"jruby": "ruby", "julia": "julia", "ksh": "shell", "lua": "lua", "luajit": "lua", "make": "makefile", "node": "javascript",
	"nodejs": "javascript", "osascript": "javascript", "perl": "perl", "php": "php", "pwsh": "powershell", "pypy": "python",
	"python": "python", "rscript": "r", "ruby": "ruby", "runghc": "haskell", "runhaskell": "haskell", "scala": "scala",
	"sh": "shell", "swift": "swift", "tclsh": "tcl", "ts-node": "typescript", "tsx": "typescript", "wish": "tcl", "zsh": "shell",
}
