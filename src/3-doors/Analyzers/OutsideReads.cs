using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Kumiki.Analyzers;

/// <summary>What of .NET reads something outside a making, and what the making hands over instead.</summary>
/// <remarks>The list is of the doors people walk through, and cannot be complete: what a making really read is recorded as well.</remarks>
sealed class OutsideReads
{
    /// <summary>Something that differs from one making to the next.</summary>
    /// <param name="what">As it stands after "reads".</param>
    /// <param name="instead">As it stands after a semicolon.</param>
    public sealed class Outside(string what, string instead)
    {
        public string What { get; } = what;
        public string Instead { get; } = instead;
    }

    static readonly Outside Clock = new("the clock", "use the clock that the making hands over");
    static readonly Outside Files = new("files by itself", "declare them as the Source of a dataset and ask for that, so that what was read is recorded");
    static readonly Outside Machine = new("the machine's environment", "make it a [Parameter], which is recorded with every version");
    static readonly Outside Chance = new("unseeded random numbers", "seed them with the seed that the making hands over");
    static readonly Outside Hashes = new("a hash that differs from process to process", "use one that is defined by its bytes, such as SHA256.HashData");
    static readonly Outside Network = new("the network", "declare the Source of a dataset and ask for that, so that what was read is recorded");
    static readonly Outside Programs = new("another program", "declare what it yields as the Source of a dataset and ask for that");
    static readonly Outside Keyboard = new("the console", "make it a [Parameter], which is recorded with every version");

    readonly Dictionary<INamedTypeSymbol, (Outside Kind, Func<ISymbol, IOperation, bool> Reads)> doors = new(SymbolEqualityComparer.Default);

    public OutsideReads(Compilation compilation)
    {
        void Door(string type, Outside kind, Func<ISymbol, IOperation, bool> reads)
        {
            foreach (var found in compilation.GetTypesByMetadataName(type)) doors[found] = (kind, reads);
        }

        Door("System.DateTime", Clock, Named("Now", "UtcNow", "Today"));
        Door("System.DateTimeOffset", Clock, Named("Now", "UtcNow"));
        Door("System.TimeProvider", Clock, Named("System"));
        Door("System.Diagnostics.Stopwatch", Clock, Named(".ctor", "StartNew", "GetTimestamp"));

        Door("System.IO.File", Files, (m, _) =>
            !Begins(m, "Write", "Append", "Create", "Delete", "Set", "Move", "Copy", "Replace", "OpenWrite", "Encrypt", "Decrypt"));
        Door("System.IO.Directory", Files, (m, _) => Begins(m, "Enumerate", "Get", "Exists"));
        Door("System.IO.FileSystemInfo", Files, (m, _) => Begins(m, "Exists", "Attributes", "UnixFileMode", "CreationTime", "LastAccessTime", "LastWriteTime"));
        Door("System.IO.FileInfo", Files, (m, _) => Begins(m, "Exists", "Length", "Open", "IsReadOnly") && m.Name != "OpenWrite");
        Door("System.IO.DirectoryInfo", Files, (m, _) => Begins(m, "Exists", "Enumerate", "Get"));
        Door("System.IO.DriveInfo", Files, (_, _) => true);
        Door("System.IO.FileSystemWatcher", Files, Named(".ctor"));
        Door("System.IO.FileStream", Files, (m, at) => IsConstructor(m) && TakesPath(m) && !OnlyWrites(at));
        Door("System.IO.StreamReader", Files, (m, _) => IsConstructor(m) && TakesPath(m));
        Door("System.IO.MemoryMappedFiles.MemoryMappedFile", Files, Named("CreateFromFile", "OpenExisting"));
        Door("System.IO.Compression.ZipFile", Files, (m, _) => Begins(m, "Open", "Extract"));
        Door("System.Xml.XmlReader", Files, (m, _) => m.Name == "Create" && TakesPath(m));
        Door("System.Xml.XmlDocument", Files, (m, _) => m.Name == "Load" && TakesPath(m));
        Door("System.Xml.Linq.XDocument", Files, (m, _) => m.Name == "Load" && TakesPath(m));
        Door("System.Xml.Linq.XElement", Files, (m, _) => m.Name == "Load" && TakesPath(m));
        Door("System.IO.Path", Files, Named("GetTempPath", "GetTempFileName", "Exists", "GetRandomFileName"));

        Door("System.Environment", Machine, (m, _) =>
            m.Name is not ("NewLine" or "ProcessorCount" or "Exit" or "FailFast" or "HasShutdownStarted" or "CurrentManagedThreadId" or "StackTrace"));
        Door("System.AppContext", Machine, Named("BaseDirectory", "GetData", "TryGetSwitch"));
        Door("System.TimeZoneInfo", Machine, Named("Local"));

        Door("System.Random", Chance, (m, _) => m.Name == "Shared" || (m is IMethodSymbol { MethodKind: MethodKind.Constructor, Parameters.IsEmpty: true }));
        Door("System.Guid", Chance, Named("NewGuid", "CreateVersion7"));
        Door("System.Security.Cryptography.RandomNumberGenerator", Chance, (m, _) => m.IsStatic);

        Door("System.String", Hashes, Named("GetHashCode"));
        Door("System.HashCode", Hashes, Named("Combine", "ToHashCode"));

        foreach (var type in new[]
        {
            "Http.HttpClient", "Sockets.Socket", "Sockets.TcpClient", "Sockets.TcpListener", "Sockets.UdpClient", "WebSockets.ClientWebSocket",
            "WebClient", "WebRequest", "HttpWebRequest", "Dns", "NetworkInformation.Ping", "NetworkInformation.NetworkInterface",
        })
            Door("System.Net." + type, Network, (m, _) => m.IsStatic || IsConstructor(m));

        Door("System.Diagnostics.Process", Programs, (m, _) => m.IsStatic || IsConstructor(m));
        Door("System.Console", Keyboard, (m, _) => Begins(m, "Read", "In", "OpenStandardInput", "KeyAvailable", "IsInput", "Window", "Cursor"));
    }

    /// <summary>What using <paramref name="member"/> as <paramref name="at"/> does reads; null if it stays inside.</summary>
    public Outside? Of(ISymbol member, IOperation at) =>
        member.ContainingType is { } type && doors.TryGetValue(type, out var door) && door.Reads(member, at) && !InHashCode(at, door.Kind) ? door.Kind : null;

    static Func<ISymbol, IOperation, bool> Named(params string[] names)
    {
        var set = names.ToImmutableHashSet(StringComparer.Ordinal);
        return (member, _) => set.Contains(member.Name);
    }

    static bool Begins(ISymbol member, params string[] starts)
    {
        foreach (var start in starts)
            if (member.Name.StartsWith(start, StringComparison.Ordinal)) return true;
        return false;
    }

    static bool IsConstructor(ISymbol member) => member is IMethodSymbol { MethodKind: MethodKind.Constructor };

    static bool TakesPath(ISymbol member) => member is IMethodSymbol { Parameters: [{ Type.SpecialType: SpecialType.System_String }, ..] };

    /// <summary>A file mode that starts an empty file or only adds to it.</summary>
    static bool OnlyWrites(IOperation at) => at is IObjectCreationOperation creation && creation.Arguments.Any(a =>
        a.Parameter?.Type.Name == "FileMode" && a.Value.ConstantValue is { HasValue: true, Value: 1 or 2 or 6 });

    /// <summary>An override of GetHashCode may differ between processes, as .NET's own do; nothing is to be kept of it.</summary>
    static bool InHashCode(IOperation at, Outside kind)
    {
        if (kind != Hashes) return false;
        for (var syntax = at.Syntax; syntax is not null; syntax = syntax.Parent)
            if (syntax is Microsoft.CodeAnalysis.CSharp.Syntax.MethodDeclarationSyntax method) return method.Identifier.ValueText == "GetHashCode";
        return false;
    }
}
