"""From a model to files on disk: conversion, choice, verified outputs."""
