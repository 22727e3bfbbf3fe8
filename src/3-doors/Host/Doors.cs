using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using Kumiki.Doctor;
using Kumiki.Shell;
using Kumiki.Store;
using Kumiki.Store.Postgres;

namespace Kumiki;

/// <summary>The command line: every verb, and what all of them share.</summary>
sealed partial class Doors(Project project, Assembly program)
{
    public static readonly Option<bool> Json = new("--json") { Description = "Print one JSON document.", Recursive = true };
    public static readonly Option<string?> Language =
        new Option<string?>("--lang") { Description = "en or ja; KUMIKI_LANG and LANG by default.", Recursive = true }
            .AcceptOnlyFromAmong([.. Catalogue.Languages]);
    public static readonly Option<DirectoryInfo> Data = new("--data")
    {
        Description = "The folder everything is kept in.",
        Recursive = true,
        DefaultValueFactory = _ => new DirectoryInfo(Environment.GetEnvironmentVariable("KUMIKI_DATA") is { Length: > 0 } named ? named : ".kumiki"),
    };

    public static readonly Option<string?> Metadata = new("--metadata")
    {
        Description = "The database of the metadata, postgres://USER@HOST:5432/DATABASE; KUMIKI_METADATA by default, else SQLite in the data folder.",
        Recursive = true,
    };
    public static readonly Option<string?> Artifacts = new("--artifacts")
    {
        Description = "The place of the artifacts, s3://BUCKET/PREFIX?endpoint=URL or a folder; KUMIKI_ARTIFACTS by default, else the data folder.",
        Recursive = true,
    };

    public Project Project { get; } = project;

    public RootCommand Root()
    {
        IReadOnlyList<Option> everywhere = [Json, Language, Data, Metadata, Artifacts];
        var root = new RootCommand("Kumiki: from a business goal to a monitored model that keeps learning.");
        foreach (var option in everywhere) root.Add(option);
        IEnumerable<Command> all =
        [
            .. Making(), .. Looking(), .. Keeping(), .. Training(), .. Predicting(), .. Releasing(), .. Packaging(), .. Continuing(), .. Serving(), .. Logged(), .. Queueing(),
            DoctorCommand.Create(),
        ];
        foreach (var command in all) root.Add(command);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpOnce((HelpAction)help.Action!, everywhere);
        return root;
    }

    /// <summary>Help in which a verb's own option stands alone, where its name is that of one that all verbs share.</summary>
    sealed class HelpOnce(HelpAction help, IReadOnlyList<Option> shared) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parsed)
        {
            var own = parsed.CommandResult.Command.Options.ToList();
            List<Option> hidden = [.. shared.Where(s => own.Any(o => o != s && o.Name == s.Name))];
            foreach (var option in hidden) option.Hidden = true;
            var code = help.Invoke(parsed);
            foreach (var option in hidden) option.Hidden = false;
            return code;
        }
    }

    /// <summary>Runs a verb within another. A signal ends it through <paramref name="stop"/>: with a handler each, the later one would cancel what the earlier
    /// one had already ended and disposed.</summary>
    public static async Task<int> AgainAsync(RootCommand root, IReadOnlyList<string> args, CancellationToken stop) =>
        await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop);

    /// <summary>Opens the data folder; with the project's graph where the verb needs it.</summary>
    async Task<Session> OpenAsync(ParseResult parsed, CancellationToken stop) =>
        await Session.OpenAsync(Project, program, parsed.GetValue(Data)!.FullName, Stores(parsed), stop);

    /// <summary>The stores that were asked for.</summary>
    /// <exception cref="KumikiException">A password stands on the command line.</exception>
    public static StoreSettings Stores(ParseResult parsed)
    {
        // What this process starts, a making in a process of its own, works in the same stores; its command line would show them to everybody.
        if (parsed.GetValue(Metadata) is { Length: > 0 } metadata) Environment.SetEnvironmentVariable(StoreSettings.MetadataVariable, WithoutPassword(metadata));
        if (parsed.GetValue(Artifacts) is { Length: > 0 } artifacts) Environment.SetEnvironmentVariable(StoreSettings.ArtifactsVariable, artifacts);
        return StoreSettings.OfEnvironment();
    }

    /// <exception cref="KumikiException">It has one.</exception>
    static string WithoutPassword(string metadata) => PostgresAddress.Parse(metadata).HasPassword
        ? throw new KumikiException(Message.Of("store.password-shown", ("variable", StoreSettings.MetadataVariable)))
        : metadata;

    static Terminal TerminalOf(ParseResult parsed) => new(parsed.GetValue(Json));

    /// <summary>A verb whose action has the session and the terminal at hand.</summary>
    /// <param name="before">Done before the data folder is opened.</param>
    Command Verb(string name, string description, IReadOnlyList<Symbol> symbols, Func<ParseResult, Session, Terminal, CancellationToken, Task<int>> act,
        Func<ParseResult, CancellationToken, Task>? before = null)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Option option) command.Add(option);
            else if (symbol is Argument argument) command.Add(argument);
        }
        command.SetAction(async (parsed, stop) =>
        {
            if (before is not null) await before(parsed, stop);
            await using var session = await OpenAsync(parsed, stop);
            return await act(parsed, session, TerminalOf(parsed), stop);
        });
        return command;
    }
}
