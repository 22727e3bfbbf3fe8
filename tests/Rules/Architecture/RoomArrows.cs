using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Kumiki.Rules.Architecture;

/// <summary>A room of the lifecycle uses rooms with a lower number only. Told from the compiled assembly: which types each source file's code names, and in
/// which files those were written.</summary>
/// <remarks>The compiler's own answer, so aliases, inferred types and generated code are seen through. What leaves no trace in it is not seen:
/// constants, <c>nameof</c>, and types named as arguments of attributes.</remarks>
sealed partial class RoomArrows
{
    /// <summary>Where the compiler keeps the files of a type that has no code of its own.</summary>
    static readonly Guid TypeFiles = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    [GeneratedRegex(@"/2-lifecycle/((\d\d)-[^/]+)/(.+)$")]
    private static partial Regex RoomFile();

    readonly MetadataReader assembly, symbols;
    readonly PEReader image;
    readonly UsedTypes used;
    readonly Dictionary<TypeDefinitionHandle, SortedSet<string>> files = [];

    RoomArrows(PEReader image, MetadataReader symbols)
    {
        (this.image, this.symbols, assembly) = (image, symbols, image.GetMetadataReader());
        used = new(assembly);
    }

    /// <param name="assembly">The compiled lifecycle.</param>
    /// <param name="symbols">Its portable PDB.</param>
    /// <returns>Such as <c>07-Test/Report.cs uses 08-Release/Gate</c>, in order.</returns>
    public static IReadOnlyList<string> Broken(Stream assembly, Stream symbols)
    {
        using var image = new PEReader(assembly);
        using var pdb = MetadataReaderProvider.FromPortablePdbStream(symbols);
        return [.. new RoomArrows(image, pdb.GetMetadataReader()).Find().Distinct().Order(StringComparer.Ordinal)];
    }

    IEnumerable<string> Find()
    {
        foreach (var type in assembly.TypeDefinitions) files[type] = FilesOf(type);

        foreach (var handle in assembly.TypeDefinitions)
        {
            var homes = Homes(handle);
            var rooms = homes.Select(Room).OfType<Match>().Select(r => r.Groups[1].Value).Distinct().ToList();
            if (rooms.Count > 1) yield return $"{Name(handle)} is spread over {string.Join(" and ", rooms)}";
            if (rooms.Count == 0 && homes.FirstOrDefault(f => f.Contains("/2-lifecycle/", StringComparison.Ordinal)) is { } outside)
                yield return $"{outside[(outside.IndexOf("/2-lifecycle/", StringComparison.Ordinal) + 13)..]} stands in no room";
            if (homes.Select(Room).FirstOrDefault(r => r is not null) is not { } home) continue;

            foreach (var finding in Compare(home, used.ByDeclaration(handle))) yield return finding;
            foreach (var method in assembly.GetTypeDefinition(handle).GetMethods())
            {
                var at = FilesOf(method).Select(Room).FirstOrDefault(r => r is not null) ?? home;    // generated parts speak for the type they complete
                foreach (var finding in Compare(at, used.ByMethod(image, method))) yield return finding;
            }
        }
    }

    IEnumerable<string> Compare(Match from, IEnumerable<TypeDefinitionHandle> types)
    {
        foreach (var type in types)
            if (Homes(type).Select(Room).FirstOrDefault(r => r is not null) is { } to && Number(to) > Number(from))
                yield return $"{from.Groups[1].Value}/{from.Groups[3].Value} uses {to.Groups[1].Value}/{Name(type)}";
    }

    /// <summary>The files a type was written in; of a type the compiler made, those of the type around it.</summary>
    SortedSet<string> Homes(TypeDefinitionHandle type)
    {
        var at = type;
        while (files[at].Count == 0 && assembly.GetTypeDefinition(at).GetDeclaringType() is { IsNil: false } around) at = around;
        return files[at];
    }

    SortedSet<string> FilesOf(TypeDefinitionHandle type)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var method in assembly.GetTypeDefinition(type).GetMethods()) found.UnionWith(FilesOf(method));
        foreach (var handle in symbols.GetCustomDebugInformation(type))
        {
            var extra = symbols.GetCustomDebugInformation(handle);
            if (symbols.GetGuid(extra.Kind) != TypeFiles) continue;
            for (var blob = symbols.GetBlobReader(extra.Value); blob.RemainingBytes > 0;)
                found.Add(FileName(MetadataTokens.DocumentHandle(blob.ReadCompressedInteger())));
        }
        return found;
    }

    IEnumerable<string> FilesOf(MethodDefinitionHandle method)
    {
        var debug = symbols.GetMethodDebugInformation(method);
        return debug.SequencePointsBlob.IsNil ? [] : debug.GetSequencePoints().Where(p => !p.Document.IsNil).Select(p => FileName(p.Document)).Distinct();
    }

    string FileName(DocumentHandle document) => symbols.GetString(symbols.GetDocument(document).Name).Replace('\\', '/');

    string Name(TypeDefinitionHandle type)
    {
        var at = type;
        while (assembly.GetTypeDefinition(at).GetDeclaringType() is { IsNil: false } around) at = around;
        return assembly.GetString(assembly.GetTypeDefinition(at).Name).Split('`')[0];
    }

    static Match? Room(string file) => RoomFile().Match(file) is { Success: true } room ? room : null;

    static int Number(Match room) => int.Parse(room.Groups[2].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
}
