using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using Kumiki.Doctor;
using Kumiki.Shell;

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

    public Project Project { get; } = project;

    public RootCommand Root()
    {
        var root = new RootCommand("Kumiki: from a business goal to a monitored model that keeps learning.") { Json, Language, Data };
        IEnumerable<Command> all = [.. Making(), .. Looking(), .. Keeping(), .. Releasing(), .. Continuing(), .. Serving(), DoctorCommand.Create()];
        foreach (var command in all) root.Add(command);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpOnce((HelpAction)help.Action!, [Json, Language, Data]);
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
        await Session.OpenAsync(Project, program, parsed.GetValue(Data)!.FullName, stop);

    static Terminal TerminalOf(ParseResult parsed) => new(parsed.GetValue(Json));

    /// <summary>A verb whose action has the session and the terminal at hand.</summary>
    Command Verb(string name, string description, IReadOnlyList<Symbol> symbols, Func<ParseResult, Session, Terminal, CancellationToken, Task<int>> act)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Option option) command.Add(option);
            else if (symbol is Argument argument) command.Add(argument);
        }
        command.SetAction(async (parsed, stop) =>
        {
            await using var session = await OpenAsync(parsed, stop);
            return await act(parsed, session, TerminalOf(parsed), stop);
        });
        return command;
    }
}
