using System.Collections.Concurrent;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Kumiki.Hosting;

/// <summary>Where an asset is written.</summary>
/// <param name="Class">Its class with its namespace.</param>
/// <param name="File">The source file as the compiler named it; null where the program came without its debugging symbols.</param>
/// <param name="Line">Where the first of its code stands, from 1.</param>
sealed record SourcePlace(string Class, string? File, int? Line)
{
    static readonly ConcurrentDictionary<Type, SourcePlace> Known = [];

    public static SourcePlace Of(Type type) => Known.GetOrAdd(type, Look);

    static SourcePlace Look(Type type)
    {
        var name = type.FullName ?? type.Name;
        var symbols = string.IsNullOrEmpty(type.Assembly.Location) ? null : Path.ChangeExtension(type.Assembly.Location, ".pdb");
        if (symbols is null || !System.IO.File.Exists(symbols)) return new(name, null, null);
        try
        {
            using var provider = MetadataReaderProvider.FromPortablePdbStream(System.IO.File.OpenRead(symbols));
            return First(name, provider.GetMetadataReader(), type);
        }
        catch (Exception e) when (e is BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            return new(name, null, null);       // symbols of another kind, or none of ours to read: the class is said without its place
        }
    }

    static SourcePlace First(string name, MetadataReader symbols, Type type)
    {
        (string File, int Line)? first = null;
        const System.Reflection.BindingFlags own =
            System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public
            | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.DeclaredOnly;
        foreach (var member in type.GetMembers(own).OfType<System.Reflection.MethodBase>())
        {
            var row = MetadataTokens.GetRowNumber(MetadataTokens.EntityHandle(member.MetadataToken));
            if (row > symbols.MethodDebugInformation.Count) continue;
            foreach (var point in symbols.GetMethodDebugInformation(MetadataTokens.MethodDebugInformationHandle(row)).GetSequencePoints()
                .Where(p => !p.IsHidden))
            {
                var file = symbols.GetString(symbols.GetDocument(point.Document).Name);
                if (first is null || (file == first.Value.File && point.StartLine < first.Value.Line)) first = (file, point.StartLine);
            }
        }
        return new(name, first?.File, first?.Line);
    }
}
