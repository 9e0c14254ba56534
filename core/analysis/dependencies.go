package analysis

import "slices"

// The traits of a dependency that matter beyond its name.
const (
	traitNone = ""
	traitUI   = "ui"
	traitAI   = "ai"
)

// The families of build systems: a package's name means something only within
// one of them.
const (
	systemGo     = "Go"
	systemNPM    = "npm"
	systemPython = "Python"
	systemCargo  = "Cargo"
	systemJVM    = "JVM"
	systemRuby   = "Ruby"
	systemPHP    = "PHP"
	systemDart   = "Dart"
	systemNET    = ".NET"
	systemElixir = "Elixir"
)

// dependency is a package whose presence says something about a project.
type dependency struct {
	system string
	// id is the package's name as manifests write it, in lower case.
	id         string
	name, kind string
	trait      string
}

// group makes dependencies of one system from pairs of id and name.
func group(system, kind, trait string, pairs ...string) []dependency {
	const pair = 2
	var out []dependency
	for p := range slices.Chunk(pairs, pair) {
		out = append(out, dependency{system: system, id: p[0], name: p[1], kind: kind, trait: trait})
	}
	return out
}

// dependencies lists the packages that are known.
func dependencies() []dependency {
	return slices.Concat(uiDependencies(), serverDependencies(), aiDependencies(), dataDependencies())
}

// uiDependencies show people something.
func uiDependencies() []dependency {
	return slices.Concat(
		group(systemNPM, kindFramework, traitUI,
			"react", "React",
			"next", "Next.js",
			"vue", "Vue",
			"nuxt", "Nuxt",
			"svelte", "Svelte",
			"@sveltejs/kit", "SvelteKit",
			"@angular/core", "Angular",
			"solid-js", "Solid",
			"preact", "Preact",
			"astro", "Astro",
			"electron", "Electron",
			"react-native", "React Native",
			"expo", "Expo",
			"@ionic/core", "Ionic",
			"@tauri-apps/api", "Tauri",
		),
		group(systemCargo, kindFramework, traitUI,
			"tauri", "Tauri",
			"leptos", "Leptos",
			"yew", "Yew",
			"egui", "egui",
			"dioxus", "Dioxus",
		),
		group(systemDart, kindFramework, traitUI,
			"flutter", "Flutter",
		),
		group(systemPython, kindFramework, traitUI,
			"streamlit", "Streamlit",
			"gradio", "Gradio",
			"pyqt6", "PyQt",
			"pyside6", "PySide",
		),
		group(systemGo, kindFramework, traitUI,
			"fyne.io/fyne/v2", "Fyne",
			"github.com/a-h/templ", "templ",
			"gioui.org", "Gio",
			"charm.land/bubbletea/v2", "Bubble Tea",
			"github.com/charmbracelet/bubbletea", "Bubble Tea",
		),
	)
}

// serverDependencies answer requests or commands.
func serverDependencies() []dependency {
	return slices.Concat(
		group(systemNPM, kindFramework, traitNone,
			"express", "Express",
			"fastify", "Fastify",
			"@nestjs/core", "NestJS",
			"hono", "Hono",
			"koa", "Koa",
		),
		group(systemPython, kindFramework, traitNone,
			"django", "Django",
			"flask", "Flask",
			"fastapi", "FastAPI",
			"starlette", "Starlette",
		),
		group(systemGo, kindFramework, traitNone,
			"github.com/gin-gonic/gin", "Gin",
			"github.com/labstack/echo/v4", "Echo",
			"github.com/go-chi/chi/v5", "chi",
			"github.com/gofiber/fiber/v2", "Fiber",
			"google.golang.org/grpc", "gRPC",
			"github.com/spf13/cobra", "Cobra",
		),
		group(systemCargo, kindFramework, traitNone,
			"actix-web", "Actix Web",
			"axum", "Axum",
			"rocket", "Rocket",
			"tokio", "Tokio",
		),
		group(systemJVM, kindFramework, traitNone,
			"spring-boot", "Spring Boot",
			"quarkus", "Quarkus",
			"micronaut", "Micronaut",
			"ktor", "Ktor",
		),
		group(systemRuby, kindFramework, traitNone,
			"rails", "Rails",
			"sinatra", "Sinatra",
		),
		group(systemPHP, kindFramework, traitNone,
			"laravel/framework", "Laravel",
			"symfony/framework-bundle", "Symfony",
		),
		group(systemNET, kindFramework, traitNone,
			"microsoft.net.sdk.web", "ASP.NET Core",
		),
		group(systemElixir, kindFramework, traitNone,
			"phoenix", "Phoenix",
		),
	)
}

// aiDependencies train or call models.
func aiDependencies() []dependency {
	return slices.Concat(
		group(systemPython, kindLibrary, traitAI,
			"torch", "PyTorch",
			"tensorflow", "TensorFlow",
			"jax", "JAX",
			"scikit-learn", "scikit-learn",
			"transformers", "Transformers",
			"openai", "OpenAI SDK",
			"anthropic", "Anthropic SDK",
			"langchain", "LangChain",
			"llama-index", "LlamaIndex",
			"xgboost", "XGBoost",
		),
		group(systemNPM, kindLibrary, traitAI,
			"openai", "OpenAI SDK",
			"@anthropic-ai/sdk", "Anthropic SDK",
			"@langchain/core", "LangChain",
			"langchain", "LangChain",
			"ai", "Vercel AI SDK",
		),
		group(systemGo, kindLibrary, traitAI,
			"github.com/openai/openai-go", "OpenAI SDK",
			"github.com/anthropics/anthropic-sdk-go", "Anthropic SDK",
		),
		group(systemCargo, kindLibrary, traitAI,
			"candle-core", "Candle",
		),
	)
}

// dataDependencies keep data.
func dataDependencies() []dependency {
	return slices.Concat(
		group(systemNPM, kindDatabase, traitNone,
			"pg", "PostgreSQL",
			"postgres", "PostgreSQL",
			"mysql2", "MySQL",
			"mongoose", "MongoDB",
			"mongodb", "MongoDB",
			"redis", "Redis",
			"ioredis", "Redis",
			"better-sqlite3", "SQLite",
			"@prisma/client", "Prisma",
		),
		group(systemPython, kindDatabase, traitNone,
			"psycopg", "PostgreSQL",
			"psycopg2", "PostgreSQL",
			"psycopg2-binary", "PostgreSQL",
			"asyncpg", "PostgreSQL",
			"pymysql", "MySQL",
			"pymongo", "MongoDB",
			"redis", "Redis",
			"sqlalchemy", "SQLAlchemy",
		),
		group(systemGo, kindDatabase, traitNone,
			"github.com/jackc/pgx/v5", "PostgreSQL",
			"github.com/lib/pq", "PostgreSQL",
			"github.com/go-sql-driver/mysql", "MySQL",
			"go.mongodb.org/mongo-driver", "MongoDB",
			"github.com/redis/go-redis/v9", "Redis",
			"modernc.org/sqlite", "SQLite",
		),
		group(systemJVM, kindDatabase, traitNone,
			"postgresql", "PostgreSQL",
		),
		group(systemRuby, kindDatabase, traitNone,
			"pg", "PostgreSQL",
		),
		group(systemCargo, kindDatabase, traitNone,
			"tokio-postgres", "PostgreSQL",
			"rusqlite", "SQLite",
			"sqlx", "SQLx",
			"diesel", "Diesel",
		),
	)
}
