using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Kumiki.Rules.Architecture;

/// <summary>What one source file may not say, told from its syntax alone.</summary>
static partial class SourceRules
{
    static readonly CSharpParseOptions Language = new(LanguageVersion.Preview);

    /// <summary>Names that authors of projects use for things of their own, or that would hide a class everyone knows.</summary>
    static readonly string[] Authors = ["Index", "Version", "Monitor", "Range", "Lock"];

    static readonly string[] Doors = ["Microsoft.AspNetCore", "System.CommandLine", "Spectre"];

    [GeneratedRegex("(Utils?|Utility|Utilities|Helpers?|Managers?)$|^Common$")]
    private static partial Regex SaysNothing();

    /// <param name="path">In the checkout, with forward slashes: <c>src/1-ground/Store/Scratch.cs</c>.</param>
    public static IEnumerable<string> Broken(string path, string source)
    {
        var root = CSharpSyntaxTree.ParseText(source, Language).GetRoot();
        var behindDoors = path.StartsWith("src/1-ground/", StringComparison.Ordinal) || path.StartsWith("src/2-lifecycle/", StringComparison.Ordinal);
        var mayBeUnsafe = path.StartsWith("src/1-ground/Native/", StringComparison.Ordinal);

        foreach (var token in root.DescendantTokens())
            if (!mayBeUnsafe && token.IsKind(SyntaxKind.UnsafeKeyword))
                yield return $"{At(token.GetLocation())} is unsafe, which belongs in src/1-ground/Native";

        foreach (var node in root.DescendantNodes())
        {
            if (Declared(node) is { } name)
            {
                if (Authors.Contains(name.ValueText) && IsPublic(node))
                    yield return $"{At(name.GetLocation())} declares a public type {name.ValueText}, a name that authors use";
                if (SaysNothing().IsMatch(name.ValueText))
                    yield return $"{At(name.GetLocation())} declares {name.ValueText}: name the type for the thing of the field it is";
            }
            if (Clock(node) is { } clock) yield return $"{At(node.GetLocation())} reads {clock}: take the time from a TimeProvider";
            if (behindDoors && node is NameSyntax or MemberAccessExpressionSyntax && node.Parent is not (QualifiedNameSyntax or MemberAccessExpressionSyntax)
                && Doors.FirstOrDefault(d => Begins(node.ToString(), d)) is { } door)
                yield return $"{At(node.GetLocation())} names {door}, which is for doors only";
        }

        string At(Location location) => $"{path}:{location.GetLineSpan().StartLinePosition.Line + 1}";
    }

    /// <summary>What is wrong with a project file: unsafe code allowed where it does not belong.</summary>
    /// <remarks>The Store makes files durable by a few calls of the C library, and the code generated for those needs the leave; it
    /// writes none itself.</remarks>
    public static IEnumerable<string> BrokenProject(string path, string xml)
    {
        var mayAllow = path is "src/1-ground/Store/Kumiki.Store.csproj" || path.StartsWith("src/1-ground/Native/", StringComparison.Ordinal);
        if (!mayAllow && xml.Contains("AllowUnsafeBlocks", StringComparison.Ordinal))
            yield return $"{path} allows unsafe code, which belongs in src/1-ground/Native";
    }

    /// <summary>A folder whose name says nothing of what is in it.</summary>
    public static IEnumerable<string> BrokenFolder(string path)
    {
        if (SaysNothing().IsMatch(path[(path.LastIndexOf('/') + 1)..])) yield return $"{path}: name the folder for the thing of the field it holds";
    }

    static SyntaxToken? Declared(SyntaxNode node) => node switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier,
        DelegateDeclarationSyntax type => type.Identifier,
        _ => null,
    };

    static bool IsPublic(SyntaxNode type) =>
        type.AncestorsAndSelf().OfType<MemberDeclarationSyntax>().Where(m => m is not BaseNamespaceDeclarationSyntax)
            .All(m => m.Modifiers.Any(SyntaxKind.PublicKeyword) || m.Modifiers.Any(SyntaxKind.ProtectedKeyword) || m.Parent is InterfaceDeclarationSyntax);

    static string? Clock(SyntaxNode node) => node switch
    {
        MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Now" or "UtcNow" or "Today" } access
            when Last(access.Expression) is "DateTime" or "DateTimeOffset" => $"{Last(access.Expression)}.{access.Name.Identifier.ValueText}",
        UsingDirectiveSyntax { StaticKeyword.RawKind: not 0, Name: { } name }
            when Last(name) is "DateTime" or "DateTimeOffset" => $"{Last(name)} by a static using",
        _ => null,
    };

    static string? Last(SyntaxNode name) => name switch
    {
        IdentifierNameSyntax simple => simple.Identifier.ValueText,
        MemberAccessExpressionSyntax access => access.Name.Identifier.ValueText,
        QualifiedNameSyntax qualified => qualified.Right.Identifier.ValueText,
        AliasQualifiedNameSyntax alias => alias.Name.Identifier.ValueText,
        _ => null,
    };

    static bool Begins(string name, string door)
    {
        var text = name.StartsWith("global::", StringComparison.Ordinal) ? name[8..] : name;
        return text.StartsWith(door, StringComparison.Ordinal) && (text.Length == door.Length || text[door.Length] == '.');
    }
}
