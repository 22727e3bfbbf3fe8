using System.Xml.Linq;

namespace Kumiki.Rules.Architecture;

/// <summary>Which project may name which: the layout's arrows, read from the project files.</summary>
static class ProjectArrows
{
    /// <summary>Every project may say messages.</summary>
    const string Messages = "1-ground/Messages";

    static readonly string[] Ground = [.. "Assets Native Onnx Statistics Store Tables Making".Split(' ').Select(g => $"1-ground/{g}")];

    static readonly string[] Backends = [.. "Postgres S3 RabbitMq Slurm Argo".Split(' ').Select(b => $"4-backends/{b}")];

    static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        [Messages] = [],
        ["1-ground/Assets"] = [],
        ["1-ground/Native"] = [],
        ["1-ground/Statistics"] = [],
        ["1-ground/Onnx"] = ["1-ground/Native"],
        ["1-ground/Store"] = ["1-ground/Assets"],
        ["1-ground/Tables"] = ["1-ground/Assets", "1-ground/Native", "1-ground/Store"],
        ["1-ground/Making"] = ["1-ground/Assets", "1-ground/Store"],
        ["2-lifecycle"] = Ground,
        ["3-doors/Host"] = ["2-lifecycle", "3-doors/Client"],
        ["3-doors/Serving"] = ["2-lifecycle"],
        ["3-doors/Program"] = ["3-doors/Host", .. Backends],
        ["3-doors/Client"] = ["1-ground/Assets"],
        ["3-doors/Runner"] = ["1-ground/Onnx"],
        ["3-doors/Analyzers"] = [],
    };

    /// <summary>Packages and frameworks that only doors (and their backends) may use.</summary>
    static readonly string[] OnlyAtDoors = ["Microsoft.AspNetCore", "System.CommandLine", "Spectre."];

    /// <param name="projects">Path in the checkout (<c>src/1-ground/Store/Kumiki.Store.csproj</c>) and content.</param>
    public static IEnumerable<string> Broken(IEnumerable<(string Path, string Xml)> projects)
    {
        foreach (var (path, xml) in projects)
        {
            var name = Name(path);
            var project = XDocument.Parse(xml);
            if (!Allowed.TryGetValue(name, out var allowed) && !Backends.Contains(name))
            {
                yield return $"{path} is not in the layout: give it its arrows in ProjectArrows and in the layout";
                continue;
            }
            allowed ??= ["1-ground/Store", "1-ground/Making"];

            // A project that is only run by the compiler, or only built earlier, is no arrow of the code.
            foreach (var reference in project.Descendants("ProjectReference").Where(r => (string?)r.Attribute("ReferenceOutputAssembly") != "false"))
            {
                var target = Path.GetFullPath(Path.Combine("/", Path.GetDirectoryName(path)!, (string)reference.Attribute("Include")!));
                var to = Name(Path.GetRelativePath("/", target));
                if (!allowed.Contains(to) && (to != Messages || name == Messages)) yield return $"{name} uses {to}, but may use only {Words(allowed)}";
            }

            if (!name.StartsWith("1-", StringComparison.Ordinal) && !name.StartsWith("2-", StringComparison.Ordinal)) continue;
            var packages = project.Descendants().Where(e => e.Name.LocalName is "PackageReference" or "FrameworkReference");
            foreach (var used in packages.Select(e => (string?)e.Attribute("Include") ?? ""))
                if (OnlyAtDoors.Any(d => used.StartsWith(d, StringComparison.Ordinal))) yield return $"{name} uses {used}, which is for doors only";
            if ((string?)project.Root!.Attribute("Sdk") is { } sdk && sdk != "Microsoft.NET.Sdk")
                yield return $"{name} is built with {sdk}, which is for doors only";
        }
    }

    /// <summary>The folder below <c>src/</c>.</summary>
    static string Name(string path)
    {
        var folder = Path.GetDirectoryName(path)!.Replace('\\', '/');
        return folder.StartsWith("src/", StringComparison.Ordinal) ? folder[4..] : folder;
    }

    static string Words(string[] allowed) => allowed.Length == 0 ? "the messages" : $"the messages, {string.Join(", ", allowed)}";
}
