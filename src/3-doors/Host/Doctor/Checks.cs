using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Kumiki.Native;
using Kumiki.Store;
using Kumiki.Store.Postgres;
using Kumiki.Store.S3;

namespace Kumiki.Doctor;

/// <summary>The checks, each from what was seen to what it means.</summary>
static class Checks
{
    const double GiB = 1L << 30;

    /// <param name="framework">Such as <c>.NET 10.0.12</c>.</param>
    /// <param name="platform">Such as <c>debian.12-x64</c> or <c>linux-x64</c>.</param>
    public static Examined Runtime(string framework, Version version, string platform) =>
        version.Major < 10 ? new("dotnet", Health.Ill, Message.Of("doctor.dotnet-old", ("found", framework)))
        : !OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64
            ? new("dotnet", Health.Ill, Message.Of("doctor.platform", ("found", platform)))
        : new("dotnet", Health.Well, Message.Of("doctor.dotnet", ("found", framework), ("platform", platform)));

    /// <summary>Whether a native engine loads, and is the one that was tested.</summary>
    /// <param name="version">Asks the loaded library for its version.</param>
    public static Examined Engine(NativeEngine engine, Func<string> version)
    {
        try
        {
            engine.Load();
        }
        catch (KumikiException e)
        {
            return new(engine.ImportName, Health.Ill, e.Says, engine.Mend);
        }
        var (found, tested, path) = (version(), engine.Library.Split(' ')[^1], engine.LoadedFrom());
        return found == tested
            ? new(engine.ImportName, Health.Well, Message.Of("doctor.engine", ("library", engine.Library), ("path", path)))
            : new(engine.ImportName, Health.Note, Message.Of("doctor.engine-other", ("library", engine.Library), ("found", found), ("path", path),
                ("mend", engine.Mend)), engine.Mend);
    }

    /// <summary>A program that is good to have.</summary>
    /// <param name="without">What is missed without it.</param>
    public static Examined Tool(string program, Message without, string mend)
    {
        try
        {
            using var asked = Process.Start(new ProcessStartInfo(program, "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var answer = asked.StandardOutput.ReadToEnd().Trim();
            asked.WaitForExit();
            if (asked.ExitCode == 0) return new(program, Health.Well, Message.Of("doctor.tool", ("program", program),
                ("found", answer.Split(' ')[^1].TrimStart('v'))));
        }
        catch (Win32Exception)
        {
            // No such program: said below, as for one that does not run.
        }
        return new(program, Health.Note, without, mend);
    }

    /// <summary>Whether the data folder can be used; looks from outside, and makes nothing.</summary>
    public static Examined Folder(string path)
    {
        try
        {
            return new("data", Health.Well, DataFolder.Look(path) ? Message.Of("doctor.data", ("path", path)) : Message.Of("doctor.data-new", ("path", path)));
        }
        catch (KumikiException e)
        {
            return new("data", Health.Ill, e.Says);
        }
    }

    /// <summary>Whether the database of the metadata can be used; looks, and makes nothing.</summary>
    public static Examined Metadata(string setting, StoreSettings stores)
    {
        try
        {
            var address = PostgresAddress.Parse(setting);
            return new("metadata", Health.Well,
                PostgresMetadataStore.Look(address, stores) ? Message.Of("doctor.metadata", ("store", address))
                    : Message.Of("doctor.metadata-new", ("store", address)));
        }
        catch (KumikiException e)
        {
            return new("metadata", Health.Ill, e.Says);
        }
    }

    /// <summary>Whether the place of the artifacts can be used; looks, and makes nothing.</summary>
    public static async Task<Examined> ArtifactsAsync(string setting, CancellationToken stop)
    {
        try
        {
            if (!S3Address.Is(setting)) return Folder(Path.GetFullPath(setting)) with { Name = "artifacts" };
            var address = S3Address.Parse(setting);
            await S3ArtifactStore.LookAsync(address, stop);
            return new("artifacts", Health.Well, Message.Of("doctor.artifacts", ("store", address)));
        }
        catch (KumikiException e)
        {
            return new("artifacts", Health.Ill, e.Says);
        }
    }

    /// <param name="bytes">Free for this user on the disk of <paramref name="path"/>.</param>
    public static Examined Disk(string path, long bytes) => (bytes / GiB) switch
    {
        < 1 => new("disk", Health.Ill, Message.Of("doctor.disk-full", ("free", Gib(bytes)), ("path", path)), "kumiki gc"),
        < 10 => new("disk", Health.Note, Message.Of("doctor.disk-low", ("free", Gib(bytes)), ("path", path)), "kumiki gc"),
        _ => new("disk", Health.Well, Message.Of("doctor.disk", ("free", Gib(bytes)))),
    };

    /// <param name="bytes">What this process may use: the machine's, or its container's limit.</param>
    public static Examined Memory(long bytes) =>
        bytes < 2 * GiB ? new("memory", Health.Note, Message.Of("doctor.memory-low", ("total", Gib(bytes))))
            : new("memory", Health.Well, Message.Of("doctor.memory", ("total", Gib(bytes))));

    /// <summary>A clock that stands before what was already written would order versions wrongly.</summary>
    /// <param name="newest">When the newest record was written; null where there is none.</param>
    public static Examined Clock(DateTimeOffset now, DateTimeOffset? newest)
    {
        if (newest is not { } record) return now.Year >= 2025 ? Sound(now) : new("clock", Health.Ill, Message.Of("doctor.clock-old", ("now", Written(now))),
            "timedatectl set-ntp true");
        return record <= now + TimeSpan.FromSeconds(1) ? Sound(now) : new("clock", Health.Ill, Message.Of("doctor.clock-behind", ("now", Written(now)),
            ("newest", Written(record))), "timedatectl set-ntp true");

        static Examined Sound(DateTimeOffset now) => new("clock", Health.Well, Message.Of("doctor.clock", ("now", Written(now))));
    }

    static string Written(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    static string Gib(long bytes) => (bytes / GiB).ToString("0.0", CultureInfo.InvariantCulture);
}
