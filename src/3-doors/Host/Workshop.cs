using System.CommandLine;
using System.Reflection;
using System.Runtime.CompilerServices;
using Kumiki.Shell;

namespace Kumiki;

/// <summary>Runs a project's program: command line, server and worker in one.</summary>
public static class Workshop
{
    /// <summary>Reads the arguments, does what they say, and gives the exit code: 0 only for success.</summary>
    /// <param name="declare">Adds the project's assets.</param>
    /// <param name="verbs">Verbs of the program's own.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Task<int> RunAsync(string[] args, Action<Project> declare, Action<WorkshopVerbs>? verbs = null)
    {
        var project = new Project();
        declare(project);
        return RunAsync(args, project, Assembly.GetEntryAssembly() ?? Assembly.GetCallingAssembly(), verbs);
    }

    internal static async Task<int> RunAsync(string[] args, Project project, Assembly program, Action<WorkshopVerbs>? verbs = null)
    {
        var doors = new Doors(project, program);
        var root = doors.Root();
        verbs?.Invoke(new WorkshopVerbs(root));
        var parsed = root.Parse(args.Length == 0 ? ["serve"] : args);
        var terminal = new Terminal(parsed.GetValue(Doors.Json));
        try
        {
            if (parsed.Errors.Count == 0 && parsed.GetValue(Doors.Language) is { } language) Catalogue.ProcessLanguage = Catalogue.Known(language);
            // A second of grace would kill a run that is just being written down as cancelled.
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
        }
        catch (Making.GraphException e)
        {
            return terminal.Error(e.Says, e.Findings);
        }
        catch (Making.InputsMissingException e)
        {
            return terminal.Error(e.Says, e.Findings);
        }
        catch (KumikiException e)
        {
            return terminal.Error(e.Says);
        }
        catch (OperationCanceledException)
        {
            return terminal.Error(Message.Of("shell.cancelled"), code: 130);
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e);
            return terminal.Error(Message.Of("shell.fault", ("type", e.GetType().Name), ("reason", e.Message)), code: 70);
        }
    }
}

/// <summary>Adds verbs of a program's own beside Kumiki's.</summary>
public sealed class WorkshopVerbs
{
    readonly RootCommand root;

    internal WorkshopVerbs(RootCommand root) => this.root = root;

    /// <summary>Adds a verb.</summary>
    /// <param name="act">What it does; its result is the exit code.</param>
    /// <param name="options">Its options and arguments, read from the parse result.</param>
    public void Add(string name, string description, Func<ParseResult, CancellationToken, Task<int>> act, params IReadOnlyList<Symbol> options)
    {
        var command = new Command(name, description);
        foreach (var symbol in options)
        {
            if (symbol is Option option) command.Add(option);
            else if (symbol is Argument argument) command.Add(argument);
            else throw new ArgumentException($"{symbol.Name} is neither an option nor an argument.", nameof(options));
        }
        command.SetAction(act);
        root.Add(command);
    }

    /// <summary>The data folder that was asked for, as a full path.</summary>
    public static string DataFolder(ParseResult parsed) => parsed.GetValue(Doors.Data)!.FullName;

    /// <summary>Runs another verb of this program, as if it had been typed.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken stop) => Doors.AgainAsync(root, args, stop);
}
