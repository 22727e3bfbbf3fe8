using System.Globalization;

namespace Kumiki.Store;

/// <summary>Tells processes apart and whether they still live, from <c>/proc</c>: a number alone is given again to a later process.</summary>
public static class LivingProcess
{
    static readonly Lazy<ProcessIdentity> This = new(() => Of(Environment.ProcessId)!);
    static readonly Lazy<string> BootId = new(() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    static readonly Lazy<string?> Installation = new(() => File.Exists("/etc/machine-id") && File.ReadAllText("/etc/machine-id").Trim() is { Length: > 0 } id
        ? id : null);

    /// <summary>This process.</summary>
    public static ProcessIdentity Current => This.Value;

    /// <summary>A process of this machine.</summary>
    /// <returns>Null when no such process lives.</returns>
    public static ProcessIdentity? Of(int pid) => StartTicks(pid) is { } ticks ? new(Environment.MachineName, BootId.Value, pid, ticks)
    { Installation = Installation.Value } : null;

    /// <summary>Whether a process lives. One of another machine cannot be seen, and counts as living.</summary>
    public static bool IsAlive(ProcessIdentity process) =>
        IsElsewhere(process) || (process.Boot == BootId.Value && StartTicks(process.Pid) == process.StartTicks);

    /// <summary>Machines may be called alike: where both have a number, it tells them apart.</summary>
    static bool IsElsewhere(ProcessIdentity process) =>
        process.Machine != Environment.MachineName || (process.Installation is { } theirs && Installation.Value is { } ours && theirs != ours);

    /// <summary>The process as people find it: its number and command line.</summary>
    internal static string Describe(int pid)
    {
        try
        {
            var command = File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ').Trim();
            return command.Length > 0 ? $"{pid} ({(command.Length > 80 ? command[..80] + "…" : command)})" : $"{pid}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{pid}";        // it has just gone, or belongs to another user: the number is all there is to say
        }
    }

    static long? StartTicks(int pid)
    {
        try
        {
            return ReadStartTicks(File.ReadAllText($"/proc/{pid}/stat"));
        }
        catch (IOException) when (!Directory.Exists($"/proc/{pid}"))
        {
            return null;            // no such process; a file that only could not be read now is no proof of death
        }
    }

    /// <summary>Field 22 of <c>/proc/PID/stat</c>; null for a process that is dead but not yet reaped.</summary>
    /// <remarks>The second field is the program's name in brackets and may hold spaces and brackets itself: fields are counted from the last bracket.</remarks>
    internal static long? ReadStartTicks(string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
    }
}
